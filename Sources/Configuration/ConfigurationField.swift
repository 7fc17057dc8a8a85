/// One key of one section, declared once: its name, its place in the section's structure (whose
/// initial value is the default), its rule and its documentation.
public struct ConfigurationField<Section: Sendable>: Sendable {
  public let key: String
  public let documentation: String
  /// What the value must be, for documentation: its type and its rule.
  public let expectation: String
  /// Stores the value, or says why its type is wrong.
  public let read: @Sendable (ConfigurationValue, inout Section) -> String?
  public let write: @Sendable (Section) -> ConfigurationValue
  /// The rule's statement where it is broken.
  public let violation: @Sendable (Section) -> String?

  public init<Value: ConfigurationCodable>(
    _ key: String, _ path: WritableKeyPath<Section, Value> & Sendable,
    _ rule: ConfigurationRule<Value>? = nil, _ documentation: String
  ) {
    self.key = key
    self.documentation = documentation
    self.expectation = Value.expectation + (rule.map { "; \($0.statement)" } ?? "")
    self.read = { value, section in
      guard let typed = Value(value) else { return Value.mismatch(with: value) }
      section[keyPath: path] = typed
      return nil
    }
    self.write = { $0[keyPath: path].configurationValue }
    self.violation = { section in
      rule.flatMap { $0.holds(section[keyPath: path]) ? nil : $0.statement }
    }
  }

  /// A field that reads and writes in a way of its own.
  ///
  /// - Parameter read: stores the value, or says what is wrong with it, to follow the key's name.
  public init(
    _ key: String, _ documentation: String, expectation: String,
    read: @escaping @Sendable (ConfigurationValue, inout Section) -> String?,
    write: @escaping @Sendable (Section) -> ConfigurationValue
  ) {
    self.key = key
    self.documentation = documentation
    self.expectation = expectation
    self.read = read
    self.write = write
    self.violation = { _ in nil }
  }
}
