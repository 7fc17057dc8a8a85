import CJEPAKernels
import Foundation

/// Adam with decoupled weight decay (Loshchilov & Hutter 2019), as PyTorch computes it.
///
/// Parameters belong to groups by name and shape: `decays` says which have weight decay. Unless told
/// otherwise those are the ones with two or more axes that are not biases.
public struct AdamW: Optimizer {
  public static let name = "adamw"
  /// First and second moments.
  public static let slots = ["first", "second"]
  public var beta1 = 0.9
  public var beta2 = 0.999
  public var epsilon = 1e-8
  public var state = OptimizerState()
  private let decays: @Sendable (_ name: String, _ shape: [Int]) -> Bool

  /// - Parameter decays: which parameters have weight decay.
  public init(
    decays: @escaping @Sendable (_ name: String, _ shape: [Int]) -> Bool = decaysByDefault
  ) {
    self.decays = decays
  }

  /// By parameter name.
  public var firstMoments: [String: Tensor] { state.tensors["first"] ?? [:] }
  /// By parameter name.
  public var secondMoments: [String: Tensor] { state.tensors["second"] ?? [:] }

  public mutating func update<M: Module>(
    _ module: inout M, gradients: Gradients, settings step: OptimizerStep
  ) {
    state.step += 1
    let correction1 = 1 - pow(beta1, Double(state.step))
    let correction2 = 1 - pow(beta2, Double(state.step))
    var jobs: [UpdateJob] = []
    module.forEachParameter { name, tensor, kind in
      guard kind == .trained, let gradient = gradients[name] else { return }
      require(
        gradient.shape == tensor.shape,
        "AdamW: gradient \(gradient.shape) for \(name) \(tensor.shape)")
      require(
        tensor.dtype != .bfloat16,
        "AdamW: \(name) \(tensor.shape) is bfloat16; train a float32 copy")
      var m = state.take("first", name, like: tensor)
      var v = state.take("second", name, like: tensor)
      jobs.append(
        UpdateJob(
          parameter: tensor.mutablePointer(), gradient: gradient.cast(to: tensor.dtype),
          m: m.mutablePointer(), v: v.mutablePointer(), dtype: tensor.dtype,
          weightDecay: decays(name, tensor.shape) ? step.weightDecay : 0))
      state.tensors["first", default: [:]][name] = m
      state.tensors["second", default: [:]][name] = v
    }
    let (settings, work) = (self, jobs)
    _ = parallelMap(work.count) { index in
      let job = work[index]
      Profiler.measure("AdamW", bytes: 7 * job.gradient.byteCount) {
        jk_adamw(
          job.dtype.kernel, job.parameter, job.gradient.pointer, step.gradientScale, job.m, job.v,
          step.learningRate, settings.beta1, settings.beta2, settings.epsilon, job.weightDecay,
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
