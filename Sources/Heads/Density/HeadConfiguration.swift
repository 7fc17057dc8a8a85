import JEPAConfiguration

/// `head`: the density head, by name, with options of its own.
///
/// Only the head knows its options, so they are checked where it is built: see ``HeadOptions``.
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

  package static let fields: [ConfigurationField<Self>] = [
    .init("name", \.name, nil, "the head; its options are further keys of this section")
  ]
  package static let openKeys: (WritableKeyPath<Self, [String: ConfigurationValue]> & Sendable)? =
    \HeadConfiguration.options

  /// An error for a `name` that is none of `known`.
  public func unknownName(known: [String]) -> ConfigurationError {
    ConfigurationError(
      key: "head.name",
      message: "head.name is \"\(name)\"; it must be one of " + known.joined(separator: ", "))
  }
}
