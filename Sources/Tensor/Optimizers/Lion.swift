/// Lion (Chen et al. 2023, "Symbolic discovery of optimization algorithms", algorithm 2):
/// c = β₁ m + (1 − β₁) g, θ ← θ − lr (sign c + λ θ), m ← β₂ m + (1 − β₂) g.
///
/// Every step has the same size, so that its learning rate is three to ten times smaller than AdamW's, and its weight
/// decay as much larger. It keeps one tensor a parameter where AdamW keeps two.
public struct Lion: Optimizer {
  public static let name = "lion"
  public static let slots = ["momentum"]
  public var beta1 = 0.9
  public var beta2 = 0.99
  public var state = OptimizerState()
  private let decays: @Sendable (_ name: String, _ shape: [Int]) -> Bool

  /// - Parameter decays: which parameters have weight decay.
  public init(
    decays: @escaping @Sendable (_ name: String, _ shape: [Int]) -> Bool = decaysByDefault
  ) {
    self.decays = decays
  }

  public mutating func update<M: Module>(
    _ module: inout M, gradients: Gradients, settings: OptimizerStep
  ) {
    let (beta1, beta2) = (beta1, beta2)
    updateEach(&module, gradients: gradients, settings: settings, decays: decays) {
      state, name, parameter, gradient, decay in
      let m = state.take("momentum", name, like: parameter)
      let direction = (m * beta1 + gradient * (1 - beta1)).sign()
      state.tensors["momentum", default: [:]][name] = m * beta2 + gradient * (1 - beta2)
      return (direction + parameter * decay) * -settings.learningRate
    }
  }
}
