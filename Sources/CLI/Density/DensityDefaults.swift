import JEPA
import JEPAEval

/// What the heads use on tables unless told otherwise: one set for each head, chosen on validation parts
/// of red wine's folds, and for the autoregressive head of white wine's too. (Two of red wine's validation
/// parts are test parts of other folds: see docs/results.md.)
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
          "hidden_layers": .integer(1), "hidden_dimensions": .integer(200),
          "components": .integer(20), "orderings": .integer(4), "input_bound": .integer(4),
        ],
        training: .init(
          epochs: 200, batchSize: 100, learningRate: 5e-3, finalLearningRate: 1e-3, noise: 0.1,
          patience: 30, averaging: 0.98))
    case "flow":
      Choice(
        head: [
          "couplings": .integer(8), "coupling": .string("spline"),
          "hidden_dimensions": .integer(64),
        ],
        training: .init(
          epochs: 200, batchSize: 100, learningRate: 5e-3, noise: 0.1, patience: 40,
          averaging: 0.98))
    case "diffusion":
      Choice(
        head: [
          "levels": .integer(0), "blocks_per_level": .integer(0), "middle_blocks": .integer(2),
          "width": .integer(128), "embedding_dimensions": .integer(32),
          "timesteps_per_row": .integer(8), "flow_steps": .integer(16),
          "trace_probes": .integer(4),
        ],
        training: .init(
          epochs: 150, batchSize: 250, learningRate: 4e-3, noise: 0.1, patience: 30,
          averaging: 0.98))
    default:
      Choice()
    }
  }
}
