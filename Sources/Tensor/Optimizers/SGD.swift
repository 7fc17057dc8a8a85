/// Stochastic gradient descent with momentum, as PyTorch computes it, and decoupled weight decay:
/// v ← μ v + g, θ ← θ − lr (v + λ θ).
public struct SGD: Optimizer {
  public static let name = "sgd"
  public static let slots = ["momentum"]
  /// μ.
  public var momentum = 0.9
  public var state = OptimizerState()
  private let decays: @Sendable (_ name: String, _ shape: [Int]) -> Bool

  /// - Parameter decays: which parameters have weight decay.
  public init(
    momentum: Double = 0.9,
    decays: @escaping @Sendable (_ name: String, _ shape: [Int]) -> Bool = decaysByDefault
  ) {
    self.momentum = momentum
    self.decays = decays
  }

  public mutating func update<M: Module>(
    _ module: inout M, gradients: Gradients, settings: OptimizerStep
  ) {
    let momentum = momentum
    updateEach(&module, gradients: gradients, settings: settings, decays: decays) {
      state, name, parameter, gradient, decay in
      let velocity = state.take("momentum", name, like: parameter) * momentum + gradient
      state.tensors["momentum", default: [:]][name] = velocity
      return (velocity + parameter * decay) * -settings.learningRate
    }
  }
}
