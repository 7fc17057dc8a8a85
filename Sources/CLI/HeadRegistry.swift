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
protocol ReadableOptions: Equatable {
  init()

  /// - Parameter defaults: what holds for options that are not there.
  /// - Throws: `ConfigurationError` for a value of another type or range, or values that contradict.
  init(reading options: inout HeadOptionReader, defaults: Self) throws
}

extension ReadableOptions {
  init(reading options: inout HeadOptionReader) throws {
    try self.init(reading: &options, defaults: Self())
  }
}

/// A head that a configuration can name.
protocol ConfigurableHead: TableHead where Options: ReadableOptions {

  /// Whether the loss is a mean over a target's coordinates; otherwise it is of the whole target, in
  /// nats. `jepa compare` gives every head the same weight per coordinate.
  static var lossIsPerCoordinate: Bool { get }

  /// Options that change how a trained head is read, and nothing of its training: models that differ in
  /// them alone are trained once by `jepa compare` and `jepa ablate`.
  static var readingOptions: Set<String> { get }

  init(
    contextDimensions: Int, targetDimensions: Int, options: Options, dtype: DType,
    using random: inout RandomSource)
}

extension ConfigurableHead {
  static var lossIsPerCoordinate: Bool { false }
  static var readingOptions: Set<String> { [] }
}

extension PointHead: ConfigurableHead {
  static var lossIsPerCoordinate: Bool { true }
  static var readingOptions: Set<String> { ["scale"] }
}
extension MixtureHead: ConfigurableHead {}
extension AutoregressiveHead: ConfigurableHead {}
extension FlowHead: ConfigurableHead {
  static var readingOptions: Set<String> { ["mean_draws"] }
}
extension DiffusionHead: ConfigurableHead {
  static var lossIsPerCoordinate: Bool { true }
  static var readingOptions: Set<String> {
    [
      "sampler", "sampling_steps", "eta", "mean_samples", "integrator", "flow_steps",
      "exact_trace_dimensions", "trace_probes", "bound_terms",
    ]
  }
}

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
  ///
  /// - Parameter isForTable: whether options that are not given are those for tables.
  /// - Throws: `ConfigurationError` for an unknown head or option.
  static func run<Operation: HeadOperation>(
    _ operation: Operation, head: HeadConfiguration, isForTable: Bool = false
  ) throws -> Operation.Result {
    let type = try registered(head)
    return try run(operation, type, head, isForTable)
  }

  /// How the head is trained on tables.
  /// - Throws: `ConfigurationError` for an unknown head.
  static func tableTraining(_ head: HeadConfiguration) throws -> DensityFitSettings {
    try registered(head).tableTraining
  }

  /// The head's options for tables as they come out, by their names in Swift.
  /// - Throws: `ConfigurationError` for an unknown head or option.
  static func tableOptions(_ head: HeadConfiguration) throws -> Any {
    let type = try registered(head)
    return try tableOptions(type, head)
  }

  private static func tableOptions<Head: ConfigurableHead>(
    _ type: Head.Type, _ head: HeadConfiguration
  ) throws -> Head.Options {
    try head.reading { try Head.Options(reading: &$0, defaults: Head.tableOptions) }
  }

  /// Refuses an unknown head or option before anything is done.
  static func check(_ head: HeadConfiguration) throws {
    let type = try registered(head)
    try check(type, head)
  }

  /// See ``ConfigurableHead/lossIsPerCoordinate``.
  static func lossIsPerCoordinate(_ head: HeadConfiguration) throws -> Bool {
    try registered(head).lossIsPerCoordinate
  }

  /// Whether two heads are one, defaults counted; where asked for, but for the options that only their
  /// reading depends on.
  static func areSame(
    _ a: HeadConfiguration, _ b: HeadConfiguration, asTrained: Bool = false
  ) throws -> Bool {
    guard a.name == b.name else { return false }
    let type = try registered(a)
    return try areSame(type, a, b, asTrained)
  }

  private static func areSame<Head: ConfigurableHead>(
    _ type: Head.Type, _ a: HeadConfiguration, _ b: HeadConfiguration, _ asTrained: Bool
  ) throws -> Bool {
    func options(_ head: HeadConfiguration) throws -> Head.Options {
      var head = head
      if asTrained {
        head.options = head.options.filter { !Head.readingOptions.contains($0.key) }
      }
      return try head.reading { try Head.Options(reading: &$0) }
    }
    return try options(a) == options(b)
  }

  private static func registered(_ head: HeadConfiguration) throws -> any ConfigurableHead.Type {
    guard let named = heads.first(where: { $0.name == head.name }) else {
      throw head.unknownName(known: names)
    }
    return named.type
  }

  private static func check<Head: ConfigurableHead>(
    _ type: Head.Type, _ head: HeadConfiguration
  ) throws {
    _ = try head.reading { try Head.Options(reading: &$0) }
  }

  private static func run<Operation: HeadOperation, Head: ConfigurableHead>(
    _ operation: Operation, _ type: Head.Type, _ head: HeadConfiguration, _ isForTable: Bool
  ) throws -> Operation.Result {
    let options = try head.reading {
      try Head.Options(reading: &$0, defaults: isForTable ? Head.tableOptions : .init())
    }
    return try operation.run { context, target, random in
      Head(
        contextDimensions: context, targetDimensions: target, options: options, dtype: .float32,
        using: &random)
    }
  }
}

extension TrainingConfiguration {
  /// The head with what the other sections decide where it does not say itself.
  ///
  /// A point is read as the Gaussian of the targets' noise around it, N(μ, σₙ² I): a deterministic
  /// prediction knows of no other spread. `head.scale` or `head.learn_scale` give it another reading;
  /// its training is the same.
  var readableHead: HeadConfiguration {
    var head = head
    guard head.name == "point", target.noise > 0, !target.whitening, head.options["scale"] == nil,
      head.options["learn_scale"] == nil
    else { return head }
    head.options["scale"] = .number(target.noise)
    return head
  }
}
