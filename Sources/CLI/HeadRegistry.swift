import JEPA
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
  static let names = ["point"]

  /// Runs `operation` with the head that the configuration names.
  /// - Throws: `ConfigurationError` for an unknown head or option.
  static func run<Operation: HeadOperation>(
    _ operation: Operation, head: HeadConfiguration
  ) throws -> Operation.Result {
    switch head.name {
    case "point":
      let beta = try head.reading { try $0.number("beta", default: 1, above: 0) }
      return try operation.run { context, target, random in
        PointHead(
          contextDimensions: context, targetDimensions: target, beta: beta, using: &random)
      }
    default:
      throw head.unknownName(known: names)
    }
  }
}
