import JEPATensor

/// Something done with a model whose head is known by its name only.
public protocol HeadOperation {
  associatedtype Result

  /// - Parameter makeHead: makes the head, given the widths of features and targets.
  func run<Head: DensityPredictor>(
    makeHead: @escaping (Int, Int, inout RandomSource) throws -> Head
  ) throws -> Result
}

/// The heads that configurations can name.
///
/// ```swift
/// let heads = HeadList.standard + [LaplaceHead.self]
/// ```
public struct HeadList: Sendable {
  /// In the order in which they are listed.
  public let types: [any ConfigurableHead.Type]

  /// - Parameter types: heads whose names differ.
  public init(_ types: [any ConfigurableHead.Type]) {
    let names = types.map { $0.name }
    for (index, name) in names.enumerated() {
      require(!names[..<index].contains(name), "HeadList: two heads are called \(name)")
    }
    self.types = types
  }

  /// The list with further heads.
  public static func + (list: HeadList, types: [any ConfigurableHead.Type]) -> HeadList {
    HeadList(list.types + types)
  }

  public var names: [String] { types.map { $0.name } }

  /// - Throws: `ConfigurationError` for a name that is not in the list.
  public func type(of head: HeadConfiguration) throws -> any ConfigurableHead.Type {
    guard let type = types.first(where: { $0.name == head.name }) else {
      throw head.unknownName(known: names)
    }
    return type
  }

  /// Runs `operation` with the head that a configuration names.
  ///
  /// - Parameter isForTable: whether options that are not given are those for tables.
  /// - Throws: `ConfigurationError` for an unknown head or option.
  public func run<Operation: HeadOperation>(
    _ operation: Operation, head: HeadConfiguration, isForTable: Bool = false
  ) throws -> Operation.Result {
    let type = try type(of: head)
    return try Self.run(operation, type, head, isForTable)
  }

  private static func run<Operation: HeadOperation, Head: ConfigurableHead>(
    _ operation: Operation, _ type: Head.Type, _ head: HeadConfiguration, _ isForTable: Bool
  ) throws -> Operation.Result {
    let options = try Head.Options(
      reading: head, defaults: isForTable ? Head.tableOptions : Head.Options())
    return try operation.run { context, target, random in
      Head(
        contextDimensions: context, targetDimensions: target, options: options, dtype: .float32,
        using: &random)
    }
  }

  /// The head's options for tables, every key with its value.
  /// - Throws: `ConfigurationError` for an unknown head or option.
  package func tableOptions(
    _ head: HeadConfiguration
  ) throws -> [(key: String, value: ConfigurationValue)] {
    func values<Head: ConfigurableHead>(
      _ type: Head.Type
    ) throws -> [(key: String, value: ConfigurationValue)] {
      let options = try Head.Options(reading: head, defaults: Head.tableOptions)
      return Head.Options.fields.map { ($0.key, $0.write(options)) }
    }
    let type = try type(of: head)
    return try values(type)
  }

  /// A head with every option that it has, those that are not given by their defaults.
  /// - Throws: `ConfigurationError` for an unknown head or option.
  public func resolved(_ head: HeadConfiguration) throws -> HeadConfiguration {
    func resolved<Head: ConfigurableHead>(_ type: Head.Type) throws -> HeadConfiguration {
      let options = try Head.Options(reading: head)
      var result = head
      for field in Head.Options.fields {
        let value = field.write(options)
        if value != .null { result.options[field.key] = value }
      }
      return result
    }
    let type = try type(of: head)
    return try resolved(type)
  }

  /// Refuses an unknown head or option before anything is done.
  public func check(_ head: HeadConfiguration) throws {
    func check<Head: ConfigurableHead>(_ type: Head.Type) throws {
      _ = try Head.Options(reading: head)
    }
    let type = try type(of: head)
    try check(type)
  }

  /// Whether two heads are one, defaults counted; where asked for, but for the options that only their reading depends
  /// on.
  package func areSame(
    _ a: HeadConfiguration, _ b: HeadConfiguration, asTrained: Bool = false
  ) throws -> Bool {
    guard a.name == b.name else { return false }
    func areSame<Head: ConfigurableHead>(_ type: Head.Type) throws -> Bool {
      func options(_ head: HeadConfiguration) throws -> Head.Options {
        var head = head
        if asTrained {
          head.options = head.options.filter { !Head.inferenceOptions.contains($0.key) }
        }
        return try Head.Options(reading: head)
      }
      return try options(a) == options(b)
    }
    let type = try type(of: a)
    return try areSame(type)
  }

  /// Every head with its options, as Markdown.
  public var documentation: String {
    func section<Head: ConfigurableHead>(_ type: Head.Type) -> String {
      var text = "\n## `\(Head.name)`\n\n\(Head.summary)\n\n"
      text += "| key | value | default | meaning |\n|---|---|---|---|\n"
      for field in Head.Options.fields {
        let value = field.write(Head.Options()).yaml
        let only = Head.inferenceOptions.contains(field.key) ? " (reading only)" : ""
        text +=
          "| `\(field.key)` | \(field.expectation) | `\(value)` | \(field.documentation)\(only) |\n"
      }
      return text
    }
    return types.map { section($0) }.joined()
  }
}
