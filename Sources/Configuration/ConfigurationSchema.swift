/// A group of keys, such as `optimization`.
package protocol ConfigurationSection: Sendable, Equatable {
  init()
  static var fields: [ConfigurationField<Self>] { get }
  /// Where keys that are no field go; `nil` where such keys are errors.
  static var openKeys: (WritableKeyPath<Self, [String: ConfigurationValue]> & Sendable)? { get }
}

extension ConfigurationSection {
  package static var openKeys: (WritableKeyPath<Self, [String: ConfigurationValue]> & Sendable)? {
    nil
  }
}

/// A section with its place in the whole configuration, `Root`.
package struct ConfigurationSchema<Root: Sendable>: Sendable {
  /// One key as documentation and suggestions see it.
  package struct Entry: Sendable {
    package let key: String
    package let documentation: String
    package let expectation: String
    package let defaultValue: ConfigurationValue
  }

  package let name: String
  package let documentation: String
  package let entries: [Entry]
  package let isOpen: Bool
  /// Stores one value; throws an error without origin.
  package let read: @Sendable (String, ConfigurationValue, inout Root) throws -> Void
  /// Every key with its value, in order.
  package let write: @Sendable (Root) -> [(key: String, value: ConfigurationValue)]
  /// The first broken rule.
  package let check: @Sendable (Root) throws -> Void

  package init<Section: ConfigurationSection>(
    _ name: String, _ path: WritableKeyPath<Root, Section> & Sendable,
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
          throw UnknownConfigurationKey(path: "\(name).\(key)")
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

/// A key that its section does not have; ``ConfigurationError/unknown(key:in:)`` says which it may have meant.
package struct UnknownConfigurationKey: Error {
  package let path: String
}

extension ConfigurationError {
  /// An unknown key or section, with the nearest valid one. A key of almost that name in another
  /// section counts as nearer than another name in the same section.
  package static func unknown<Root>(
    key: String, in sections: [ConfigurationSchema<Root>]
  ) -> ConfigurationError {
    let parts = key.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
      .map(String.init)
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
