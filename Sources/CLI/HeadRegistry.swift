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

/// Options that read themselves from a configuration's `head` section.
protocol ReadableOptions {
  /// - Throws: `ConfigurationError` for a value of another type or range, or values that contradict.
  init(reading options: inout HeadOptionReader) throws
}

/// A head that a configuration can name.
protocol ConfigurableHead: DensityPredictor {
  associatedtype Options: ReadableOptions

  init(
    contextDimensions: Int, targetDimensions: Int, options: Options, dtype: DType,
    using random: inout RandomSource)
}

extension PointHead: ConfigurableHead {}
extension MixtureHead: ConfigurableHead {}
extension AutoregressiveHead: ConfigurableHead {}
extension FlowHead: ConfigurableHead {}
extension DiffusionHead: ConfigurableHead {}

/// The heads by name: one line a head.
enum HeadRegistry {
  private static let heads: [(name: String, type: any ConfigurableHead.Type)] = [
    ("point", PointHead.self),
    ("mixture", MixtureHead.self),
    ("autoregressive", AutoregressiveHead.self),
    ("flow", FlowHead.self),
    ("diffusion", DiffusionHead.self),
  ]

  static var names: [String] { heads.map(\.name) }

  /// Runs `operation` with the head that the configuration names.
  /// - Throws: `ConfigurationError` for an unknown head or option.
  static func run<Operation: HeadOperation>(
    _ operation: Operation, head: HeadConfiguration
  ) throws -> Operation.Result {
    guard let named = heads.first(where: { $0.name == head.name }) else {
      throw head.unknownName(known: names)
    }
    return try run(operation, named.type, head)
  }

  private static func run<Operation: HeadOperation, Head: ConfigurableHead>(
    _ operation: Operation, _ type: Head.Type, _ head: HeadConfiguration
  ) throws -> Operation.Result {
    let options = try head.reading { try Head.Options(reading: &$0) }
    return try operation.run { context, target, random in
      Head(
        contextDimensions: context, targetDimensions: target, options: options, dtype: .float32,
        using: &random)
    }
  }
}
