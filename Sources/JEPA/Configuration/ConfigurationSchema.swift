/// One key of one section, declared once: its name, its place in the section's structure (whose
/// initial value is the default), its rule and its documentation.
struct ConfigurationField<Section: Sendable>: Sendable {
  let key: String
  let documentation: String
  /// What the value must be, for documentation: its type and its rule.
  let expectation: String
  /// Stores the value, or says why its type is wrong.
  let read: @Sendable (ConfigurationValue, inout Section) -> String?
  let write: @Sendable (Section) -> ConfigurationValue
  /// The rule's statement where it is broken.
  let violation: @Sendable (Section) -> String?

  init<Value: ConfigurationCodable>(
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

  /// A file or folder; a leading `~` stands for the home folder.
  init(
    folder key: String, _ path: WritableKeyPath<Section, String> & Sendable,
    _ documentation: String
  ) {
    self.key = key
    self.documentation = documentation
    self.expectation = String.expectation
    self.read = { value, section in
      guard let text = String(value) else { return String.mismatch(with: value) }
      do {
        section[keyPath: path] = try HomePath.expanded(text)
        return nil
      } catch {
        return "is no path: \(error)"
      }
    }
    self.write = { $0[keyPath: path].configurationValue }
    self.violation = { _ in nil }
  }
}

/// A group of keys, such as `optimization`.
protocol ConfigurationSection: Sendable, Equatable {
  init()
  static var fields: [ConfigurationField<Self>] { get }
  /// Where keys that are no field go; `nil` where such keys are errors.
  static var openKeys: (WritableKeyPath<Self, [String: ConfigurationValue]> & Sendable)? { get }
}

extension ConfigurationSection {
  static var openKeys: (WritableKeyPath<Self, [String: ConfigurationValue]> & Sendable)? { nil }
}

/// A section with its place in the whole configuration.
struct ConfigurationSchema: Sendable {
  /// One key as documentation and suggestions see it.
  struct Entry: Sendable {
    let key: String
    let documentation: String
    let expectation: String
    let defaultValue: ConfigurationValue
  }

  let name: String
  let documentation: String
  let entries: [Entry]
  let isOpen: Bool
  /// Stores one value; throws an error without origin.
  let read: @Sendable (String, ConfigurationValue, inout TrainingConfiguration) throws -> Void
  /// Every key with its value, in order.
  let write: @Sendable (TrainingConfiguration) -> [(key: String, value: ConfigurationValue)]
  /// The first broken rule.
  let check: @Sendable (TrainingConfiguration) throws -> Void

  init<Section: ConfigurationSection>(
    _ name: String, _ path: WritableKeyPath<TrainingConfiguration, Section> & Sendable,
    _ documentation: String
  ) {
    let fields = Section.fields
    self.name = name
    self.documentation = documentation
    self.isOpen = Section.openKeys != nil
    self.entries = fields.map {
      Entry(
        key: $0.key, documentation: $0.documentation, expectation: $0.expectation,
        defaultValue: $0.write(Section()))
    }
    self.read = { key, value, configuration in
      guard let field = fields.first(where: { $0.key == key }) else {
        guard let open = Section.openKeys else {
          throw ConfigurationError.unknown(key: "\(name).\(key)")
        }
        configuration[keyPath: path][keyPath: open][key] = value
        return
      }
      if let mismatch = field.read(value, &configuration[keyPath: path]) {
        throw ConfigurationError(key: "\(name).\(key)", message: "\(name).\(key) \(mismatch)")
      }
    }
    self.write = { configuration in
      let section = configuration[keyPath: path]
      var pairs = fields.map { (key: $0.key, value: $0.write(section)) }
      if let open = Section.openKeys {
        for (key, value) in section[keyPath: open].sorted(by: { $0.key < $1.key }) {
          pairs.append((key, value))
        }
      }
      return pairs
    }
    self.check = { configuration in
      let section = configuration[keyPath: path]
      for field in fields {
        guard let statement = field.violation(section) else { continue }
        throw ConfigurationError(
          key: "\(name).\(field.key)",
          message: "\(name).\(field.key) is \(field.write(section).yaml); it \(statement)")
      }
    }
  }
}

extension ConfigurationError {
  /// An unknown key or section, with the nearest valid one. A key of almost that name in another
  /// section counts as nearer than another name in the same section.
  static func unknown(key: String) -> ConfigurationError {
    let parts = key.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
      .map(String.init)
    let sections = TrainingConfiguration.schema
    let known = sections.contains { $0.name == parts[0] }
    var candidates: [(label: String, distance: Int)] = []
    for section in sections {
      if !known {
        candidates.append((section.name, 2 * editDistance(parts[0], section.name)))
      }
      let written = parts[parts.count - 1]
      for entry in section.entries {
        let distance = editDistance(written, entry.key)
        let isHere = section.name == parts[0]
        guard isHere || distance <= written.count / 3 else { continue }
        candidates.append(("\(section.name).\(entry.key)", 2 * distance + (isHere ? 0 : 1)))
      }
    }
    let best = candidates.min { $0.distance < $1.distance }?.label ?? ""
    let kind = known ? "key" : "section"
    return ConfigurationError(
      key: key, message: "\(key) is not a known \(kind); the nearest valid one is \(best)")
  }
}
