import JEPATensor

/// Options of a head: what a configuration's `head` section can say.
///
/// A key is declared once, with its place in the structure, its rule and its meaning:
///
/// ```swift
/// struct LaplaceOptions: HeadOptions {
///   var hiddenDimensions = 128
///   var minimumScale = 1e-3
///
///   static let fields: [ConfigurationField<Self>] = [
///     .init("hidden_dimensions", \.hiddenDimensions, .atLeast(1), "width of the hidden layer"),
///     .init("minimum_scale", \.minimumScale, .above(0), "smallest scale, in units of the target"),
///   ]
/// }
/// ```
public protocol HeadOptions: Sendable, Equatable {
  /// The defaults.
  init()

  /// The keys, in the order in which they are documented.
  static var fields: [ConfigurationField<Self>] { get }

  /// Checks what no single key can, and fills in values that depend on others. Called once all keys are read.
  ///
  /// - Throws: `ConfigurationError` for values that contradict each other.
  mutating func resolve() throws
}

extension HeadOptions {
  public mutating func resolve() throws {}

  /// The options that a configuration's `head` section gives.
  ///
  /// - Parameter defaults: what holds for keys that are not there.
  /// - Throws: `ConfigurationError` for an unknown key, a value of another type or range, or values that contradict.
  public init(reading head: HeadConfiguration, defaults: Self = Self()) throws {
    self = defaults
    for field in Self.fields {
      guard let raw = head.options[field.key] else { continue }
      let key = "head.\(field.key)"
      if let mismatch = field.read(raw, &self) {
        throw ConfigurationError(key: key, message: "\(key) \(mismatch)")
      }
      if let statement = field.violation(self) {
        throw ConfigurationError(key: key, message: "\(key) is \(raw.yaml); it \(statement)")
      }
    }
    let known = ["name"] + Self.fields.map(\.key)
    for key in head.options.keys.sorted() where !known.contains(key) {
      let best = nearest(to: key, among: known + head.otherKeys) ?? "name"
      throw ConfigurationError(
        key: "head.\(key)",
        message: "head.\(key) is not an option of the head \"\(head.name)\"; "
          + "the nearest valid one is head.\(best)")
    }
    try resolve()
  }
}

extension Activation: ConfigurationChoice {}
extension MixtureComponent: ConfigurationChoice {}
