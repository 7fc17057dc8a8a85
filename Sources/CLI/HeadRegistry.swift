import JEPA
import JEPAAutoregressive
import JEPADiffusion
import JEPAFlow
import JEPAMixture
import JEPAPoint

/// Something done with a model whose head is known by its name only.
protocol HeadOperation {
  associatedtype Result

  /// - Parameter makeHead: given the widths of the features and of the targets.
  func run<Head: DensityPredictor>(
    makeHead: @escaping (Int, Int, inout RandomSource) throws -> Head
  ) throws -> Result
}

/// The heads by name: one case a head.
enum HeadRegistry {
  static let names = ["point", "mixture", "autoregressive", "flow", "diffusion"]

  /// Runs `operation` with the head that the configuration names.
  /// - Throws: `ConfigurationError` for an unknown head or option.
  static func run<Operation: HeadOperation>(
    _ operation: Operation, head: HeadConfiguration
  ) throws -> Operation.Result {
    switch head.name {
    case "point":
      let options = try head.reading { try PointOptions(reading: &$0) }
      return try operation.run { context, target, random in
        PointHead(
          contextDimensions: context, targetDimensions: target, options: options, using: &random)
      }
    case "mixture":
      let options = try head.reading { try MixtureOptions(reading: &$0) }
      return try operation.run { context, target, random in
        MixtureHead(
          contextDimensions: context, targetDimensions: target, options: options, using: &random)
      }
    case "autoregressive":
      let options = try head.reading { try AutoregressiveOptions(reading: &$0) }
      return try operation.run { context, target, random in
        AutoregressiveHead(
          contextDimensions: context, targetDimensions: target, options: options, using: &random)
      }
    case "flow":
      let options = try head.reading { try FlowOptions(reading: &$0) }
      return try operation.run { context, target, random in
        FlowHead(
          contextDimensions: context, targetDimensions: target, options: options, using: &random)
      }
    case "diffusion":
      let options = try head.reading { try DiffusionOptions(reading: &$0) }
      return try operation.run { context, target, random in
        DiffusionHead(
          contextDimensions: context, targetDimensions: target, options: options, using: &random)
      }
    default:
      throw head.unknownName(known: names)
    }
  }
}
