import JEPA
import JEPAEval

/// What the heads use on tables unless told otherwise: one set for each head, to be chosen on the
/// validation parts of folds, never on test parts. The autoregressive head's was, on red and white wine;
/// the others' are not tuned.
enum DensityDefaults {
  struct Choice {
    /// Options of the head that differ from its own defaults, which are for embeddings.
    var head: [String: ConfigurationValue] = [:]
    var training = DensityFitSettings()
  }

  static func of(_ head: String) -> Choice {
    switch head {
    case "point":
      Choice(head: ["learn_scale": .boolean(true)])
    case "mixture":
      Choice(
        head: ["components": .integer(20), "rank": .integer(4), "hidden_dimensions": .integer(64)],
        training: .init(epochs: 300, batchSize: 100, learningRate: 1e-2, noise: 0.15, patience: 60))
    case "autoregressive":
      Choice(
        head: [
          "hidden_layers": .integer(1), "hidden_dimensions": .integer(100),
          "components": .integer(20),
        ],
        training: .init(
          epochs: 200, batchSize: 100, learningRate: 5e-3, finalLearningRate: 1e-3, noise: 0.15,
          patience: 30, averaging: 0.98))
    case "flow":
      Choice(
        head: ["couplings": .integer(8), "hidden_dimensions": .integer(64)],
        training: .init(epochs: 200, batchSize: 100, noise: 0.15, patience: 40))
    default:
      Choice()
    }
  }
}
