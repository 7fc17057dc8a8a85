/// `head`: the density head, by name, with options of its own.
///
/// Only the head knows its options, so they are checked where it is built: see `reading(_:)`.
public struct HeadConfiguration: ConfigurationSection {
  /// The head's name in the registry.
  public var name = "point"
  /// Every other key of the section.
  public var options: [String: ConfigurationValue] = [:]
  /// Keys of the same list that the head's user reads: what a misspelt option may have meant.
  package var otherKeys: [String] = []

  /// The deterministic head.
  public init() {}

  /// The head called `name` with these options.
  public init(name: String, options: [String: ConfigurationValue] = [:]) {
    self.name = name
    self.options = options
  }

  static let fields: [ConfigurationField<Self>] = [
    .init("name", \.name, nil, "the head; its options are further keys of this section")
  ]
  static let openKeys: (WritableKeyPath<Self, [String: ConfigurationValue]> & Sendable)? =
    \HeadConfiguration.options

  /// Hands a reader of the options to `build`, then refuses every option that it did not read.
  ///
  /// ```swift
  /// let head = try configuration.head.reading { options in
  ///   MixtureHead(components: try options.integer("components", default: 8, atLeast: 1))
  /// }
  /// ```
  /// - Throws: `ConfigurationError` for an unknown option or a value of another type or range.
  public func reading<Head>(
    _ build: (inout HeadOptionReader) throws -> Head
  ) throws -> Head {
    var reader = HeadOptionReader(self)
    let head = try build(&reader)
    try reader.finish()
    return head
  }

  /// An error for a `name` that is none of `known`.
  public func unknownName(known: [String]) -> ConfigurationError {
    ConfigurationError(
      key: "head.name",
      message: "head.name is \"\(name)\"; it must be one of " + known.joined(separator: ", "))
  }
}

/// Reads a head's options one by one and remembers which were asked for.
public struct HeadOptionReader {
  private let head: HeadConfiguration
  private var known = ["name"]

  init(_ head: HeadConfiguration) { self.head = head }

  /// Whether the section has this option.
  public func has(_ key: String) -> Bool { head.options[key] != nil }

  /// An integer option, at least `minimum`.
  public mutating func integer(_ key: String, default value: Int, atLeast minimum: Int = .min)
    throws -> Int
  {
    try read(key, default: value, rule: minimum == .min ? nil : .atLeast(minimum))
  }

  /// A finite number, above `bound`.
  public mutating func number(
    _ key: String, default value: Double, above bound: Double = -.infinity
  ) throws -> Double {
    try read(key, default: value, rule: bound.isFinite ? .above(bound) : nil)
  }

  /// A boolean option.
  public mutating func boolean(_ key: String, default value: Bool) throws -> Bool {
    try read(key, default: value)
  }

  /// One of `choices`.
  public mutating func choice(_ key: String, default value: String, of choices: [String]) throws
    -> String
  {
    let rule = ConfigurationRule<String>(
      statement: "must be one of " + choices.joined(separator: ", ")
    ) { choices.contains($0) }
    return try read(key, default: value, rule: rule)
  }

  /// One of an enumeration's cases.
  public mutating func choice<Value: RawRepresentable & CaseIterable>(
    _ key: String, default value: Value
  ) throws -> Value where Value.RawValue == String {
    let name = try choice(key, default: value.rawValue, of: Value.allCases.map(\.rawValue))
    return Value(rawValue: name) ?? value
  }

  private mutating func read<Value: ConfigurationCodable>(
    _ key: String, default fallback: Value, rule: ConfigurationRule<Value>? = nil
  ) throws -> Value {
    known.append(key)
    guard let raw = head.options[key] else { return fallback }
    guard let value = Value(raw) else {
      throw ConfigurationError(
        key: "head.\(key)", message: "head.\(key) \(Value.mismatch(with: raw))")
    }
    if let rule, !rule.holds(value) {
      throw ConfigurationError(
        key: "head.\(key)", message: "head.\(key) is \(raw.yaml); it \(rule.statement)")
    }
    return value
  }

  /// Throws for the first option that was never read.
  func finish() throws {
    for key in head.options.keys.sorted() where !known.contains(key) {
      let best = nearest(to: key, among: known + head.otherKeys) ?? "name"
      throw ConfigurationError(
        key: "head.\(key)",
        message: "head.\(key) is not an option of the head \"\(head.name)\"; "
          + "the nearest valid one is head.\(best)")
    }
  }
}
