import CJEPAKernels
import Foundation

/// Adam with decoupled weight decay (Loshchilov & Hutter 2019), as PyTorch computes it.
///
/// Parameters belong to groups by name and shape: `decays` says which have weight decay. Unless told
/// otherwise those are the ones with two or more axes that are not biases.
public struct AdamW: Sendable {
  public var beta1 = 0.9
  public var beta2 = 0.999
  public var epsilon = 1e-8
  /// Steps taken.
  public private(set) var step = 0
  /// First and second moments by parameter name.
  public private(set) var firstMoments: [String: Tensor] = [:]
  public private(set) var secondMoments: [String: Tensor] = [:]
  private let decays: @Sendable (_ name: String, _ shape: [Int]) -> Bool

  public init(
    decays: @escaping @Sendable (_ name: String, _ shape: [Int]) -> Bool = { name, shape in
      shape.count > 1 && !name.contains("bias")
    }
  ) {
    self.decays = decays
  }

  /// The state of an optimiser that has taken `step` steps.
  public mutating func restore(
    step: Int, firstMoments: [String: Tensor], secondMoments: [String: Tensor]
  ) {
    self.step = step
    self.firstMoments = firstMoments
    self.secondMoments = secondMoments
  }

  /// One step. A parameter without a gradient is left alone.
  ///
  /// - Parameters:
  ///   - gradientScale: multiplies every gradient: 1, or less where gradients are clipped.
  public mutating func update<M: Module>(
    _ module: inout M, gradients: Gradients, learningRate: Double, weightDecay: Double,
    gradientScale: Double = 1
  ) {
    step += 1
    let correction1 = 1 - pow(beta1, Double(step))
    let correction2 = 1 - pow(beta2, Double(step))
    var jobs: [UpdateJob] = []
    module.forEachParameter { name, tensor, kind in
      guard kind == .trained, let gradient = gradients[name] else { return }
      require(
        gradient.shape == tensor.shape,
        "AdamW: gradient \(gradient.shape) for \(name) \(tensor.shape)")
      require(
        tensor.dtype != .bfloat16,
        "AdamW: \(name) \(tensor.shape) is bfloat16; train a float32 copy")
      var m = firstMoments.removeValue(forKey: name) ?? .zeros(tensor.shape, dtype: tensor.dtype)
      var v = secondMoments.removeValue(forKey: name) ?? .zeros(tensor.shape, dtype: tensor.dtype)
      jobs.append(
        UpdateJob(
          parameter: tensor.mutablePointer(), gradient: gradient.cast(to: tensor.dtype),
          m: m.mutablePointer(), v: v.mutablePointer(), dtype: tensor.dtype,
          weightDecay: decays(name, tensor.shape) ? weightDecay : 0))
      firstMoments[name] = m
      secondMoments[name] = v
    }
    let (settings, work) = (self, jobs)
    _ = parallelMap(work.count) { index in
      let job = work[index]
      Profiler.measure("AdamW", bytes: 7 * job.gradient.byteCount) {
        jk_adamw(
          job.dtype.kernel, job.parameter, job.gradient.pointer, gradientScale, job.m, job.v,
          learningRate, settings.beta1, settings.beta2, settings.epsilon, job.weightDecay,
          correction1, correction2, job.gradient.count)
      }
    }
  }
}

/// One parameter's update. The pointers stay valid: the module and the optimiser own their storages.
private struct UpdateJob: @unchecked Sendable {
  let parameter: UnsafeMutableRawPointer
  let gradient: Tensor
  let m: UnsafeMutableRawPointer
  let v: UnsafeMutableRawPointer
  let dtype: DType
  let weightDecay: Double
}

extension Tensor {
  /// The address of this tensor's own, unshared bytes.
  mutating func mutablePointer() -> UnsafeMutableRawPointer {
    withUnsafeMutableBytes { _ in }
    return pointer
  }
}

extension Module {
  /// Moves every trained tensor towards that of `other`: average ← momentum · average + (1 − momentum) · other.
  public mutating func moveTowards(_ other: Self, momentum: Double) {
    var sources: [Tensor] = []
    var copy = other
    copy.forEachParameter { _, tensor, kind in if kind == .trained { sources.append(tensor) } }
    var jobs: [(UnsafeMutableRawPointer, Tensor)] = []
    forEachParameter { name, tensor, kind in
      guard kind == .trained else { return }
      let source = sources[jobs.count]
      require(
        tensor.dtype != .bfloat16 && tensor.dtype == source.dtype && tensor.shape == source.shape,
        "moveTowards: \(name) \(tensor.shape) \(tensor.dtype) towards \(source.shape) \(source.dtype)"
      )
      jobs.append((tensor.mutablePointer(), source))
    }
    let work = AveragingJobs(jobs: jobs)
    _ = parallelMap(work.jobs.count) { index in
      let (average, source) = work.jobs[index]
      Profiler.measure("moving average", bytes: 3 * source.byteCount) {
        jk_moving_average(source.dtype.kernel, average, source.pointer, momentum, source.count)
      }
    }
  }
}

private struct AveragingJobs: @unchecked Sendable {
  let jobs: [(UnsafeMutableRawPointer, Tensor)]
}
