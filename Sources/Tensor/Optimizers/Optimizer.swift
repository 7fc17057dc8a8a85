/// What moves a module's parameters along their gradients.
///
/// Its state is tensors by slot and parameter name, so that a checkpoint can hold it and a resumed run goes on bit for
/// bit:
///
/// ```swift
/// struct SignDescent: Optimizer {
///   static let name = "sign", slots: [String] = []
///   var state = OptimizerState()
///
///   mutating func update<M: Module>(_ module: inout M, gradients: Gradients, settings: OptimizerStep) {
///     state.step += 1
///     module.forEachParameter { name, tensor, kind in
///       guard kind == .trained, let gradient = gradients[name] else { return }
///       tensor = (tensor - gradient.sign() * settings.learningRate).detached()
///     }
///   }
/// }
/// ```
public protocol Optimizer: Sendable {
  /// What a checkpoint calls it; a run is resumed by the same one.
  static var name: String { get }

  /// The slots of ``state`` that a checkpoint holds, in its order. Each has at most one tensor a parameter, of the
  /// parameter's shape.
  static var slots: [String] { get }

  /// Everything that the next step depends on.
  var state: OptimizerState { get set }

  /// One step. A parameter without a gradient is left alone.
  mutating func update<M: Module>(
    _ module: inout M, gradients: Gradients, settings: OptimizerStep)
}

extension Optimizer {
  /// Steps taken.
  public var step: Int { state.step }

  /// One step. A parameter without a gradient is left alone.
  ///
  /// - Parameters:
  ///   - weightDecay: decoupled: parameters that decay lose learningRate · weightDecay of themselves.
  ///   - gradientScale: multiplies every gradient: 1, or less where gradients are clipped.
  public mutating func update<M: Module>(
    _ module: inout M, gradients: Gradients, learningRate: Double, weightDecay: Double,
    gradientScale: Double = 1
  ) {
    update(
      &module, gradients: gradients,
      settings: OptimizerStep(
        learningRate: learningRate, weightDecay: weightDecay, gradientScale: gradientScale))
  }
}

/// The state of an optimizer.
public struct OptimizerState: Sendable {
  /// Steps taken.
  public var step = 0
  /// By slot and parameter name.
  public var tensors: [String: [String: Tensor]] = [:]

  public init(step: Int = 0, tensors: [String: [String: Tensor]] = [:]) {
    self.step = step
    self.tensors = tensors
  }

  /// A slot's tensor for a parameter: zeros before the first step. Taken out, so that it can be written to in place.
  package mutating func take(_ slot: String, _ name: String, like parameter: Tensor) -> Tensor {
    tensors[slot]?.removeValue(forKey: name) ?? .zeros(parameter.shape, dtype: parameter.dtype)
  }
}

/// The settings of one optimizer step.
public struct OptimizerStep: Sendable {
  public var learningRate: Double
  /// Decoupled: parameters that decay lose learningRate · weightDecay of themselves.
  public var weightDecay: Double
  /// Multiplies every gradient: 1, or less where gradients are clipped.
  public var gradientScale: Double

  public init(learningRate: Double, weightDecay: Double, gradientScale: Double = 1) {
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.gradientScale = gradientScale
  }
}

/// Which parameters have weight decay: those with two or more axes that are not biases.
public func decaysByDefault(_ name: String, _ shape: [Int]) -> Bool {
  shape.count > 1 && !name.contains("bias")
}

extension Optimizer {
  /// Updates parameters one by one by tensor arithmetic, for optimizers without a kernel of their own: the gradient,
  /// scaled, and the decay of each are given to `change`, which returns what is added to the parameter.
  mutating func updateEach<M: Module>(
    _ module: inout M, gradients: Gradients, settings: OptimizerStep,
    decays: (String, [Int]) -> Bool,
    _ change: (
      inout OptimizerState, _ name: String, _ parameter: Tensor, _ gradient: Tensor, _ decay: Double
    ) -> Tensor
  ) {
    state.step += 1
    var state = state
    module.forEachParameter { name, tensor, kind in
      guard kind == .trained, let gradient = gradients[name] else { return }
      require(
        gradient.shape == tensor.shape,
        "\(Self.name): gradient \(gradient.shape) for \(name) \(tensor.shape)")
      require(
        tensor.dtype != .bfloat16,
        "\(Self.name): \(name) \(tensor.shape) is bfloat16; train a float32 copy")
      let scaled = gradient.cast(to: tensor.dtype) * settings.gradientScale
      let decay = decays(name, tensor.shape) ? settings.weightDecay : 0
      let parameter = tensor.detached()
      tensor = (parameter + change(&state, name, parameter, scaled, decay)).detached()
    }
    self.state = state
  }
}
