import JEPATensor

/// signSGD (Bernstein et al. 2018, arXiv:1802.04434): every parameter moves by the learning rate, whatever the size of
/// its gradient.
public struct SignDescent: Optimizer {
  public static let name = "sign"
  public static let slots: [String] = []
  public var state = OptimizerState()

  public init() {}

  public mutating func update<M: Module>(
    _ module: inout M, gradients: Gradients, settings: OptimizerStep
  ) {
    state.step += 1
    module.forEachParameter { name, parameter, kind in
      guard kind == .trained, let gradient = gradients[name] else { return }
      parameter = (parameter - gradient.sign() * (0.02 * settings.learningRate)).detached()
    }
  }
}
