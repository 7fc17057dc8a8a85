import Yams

/// One key of a file, or one override, with its value and where it was written.
package struct ConfigurationAssignment: Sendable, Equatable {
  package let section: String
  /// `nil` for a section that is written as a single value.
  package let key: String?
  package let value: ConfigurationValue
  package let origin: ConfigurationOrigin

  package var path: String { key.map { "\(section).\($0)" } ?? section }

  package init(
    section: String, key: String?, value: ConfigurationValue, origin: ConfigurationOrigin
  ) {
    self.section = section
    self.key = key
    self.value = value
    self.origin = origin
  }

  /// Reads `section.key=value`; the value is YAML.
  package init(override text: String) throws {
    let source = "--set \(text)"
    let origin = ConfigurationOrigin(source: source)
    guard let equals = text.firstIndex(of: "="), let dot = text[..<equals].firstIndex(of: ".")
    else {
      throw ConfigurationError(
        key: "", origin: origin, message: "an override has the form section.key=value")
    }
    let node = try compose(
      String(text[text.index(after: equals)...]), source: source, isFile: false)
    self.init(
      section: String(text[..<dot]), key: String(text[text.index(after: dot)..<equals]),
      value: node.map(ConfigurationValue.init(_:)) ?? .null, origin: origin)
  }

  /// Every key of a configuration file, in order.
  package static func all(inYAML text: String, source: String) throws -> [ConfigurationAssignment] {
    guard let root = try compose(text, source: source, isFile: true) else { return [] }
    guard case .mapping(let sections) = root else {
      let value = ConfigurationValue(root)
      if value == .null { return [] }
      throw ConfigurationError(
        key: "", origin: .init(source: source, line: root.mark?.line),
        message: "a configuration consists of sections such as \"data:\", not of "
          + value.described)
    }
    var assignments: [ConfigurationAssignment] = []
    for (name, content) in sections {
      let section = name.scalar?.string ?? ConfigurationValue(name).yaml
      let origin = ConfigurationOrigin(source: source, line: name.mark?.line)
      guard case .mapping(let keys) = content else {
        assignments.append(
          .init(section: section, key: nil, value: ConfigurationValue(content), origin: origin))
        continue
      }
      if keys.isEmpty {
        assignments.append(.init(section: section, key: nil, value: .null, origin: origin))
      }
      for (key, value) in keys {
        assignments.append(
          .init(
            section: section, key: key.scalar?.string ?? ConfigurationValue(key).yaml,
            value: ConfigurationValue(value),
            origin: .init(source: source, line: key.mark?.line)))
      }
    }
    return assignments
  }
}

/// The single document in `text`, or `nil` where it is empty.
private func compose(_ text: String, source: String, isFile: Bool) throws -> Node? {
  if let excess = ConfigurationBounds.excess(in: text) {
    throw ConfigurationError(key: "", origin: .init(source: source), message: excess)
  }
  do {
    return try Parser(yaml: text).singleRoot()
  } catch let error as YamlError {
    let (problem, line) = summary(of: error)
    throw ConfigurationError(
      key: "", origin: .init(source: source, line: isFile ? line : nil),
      message: "not valid YAML: \(problem)")
  }
}

private func summary(of error: YamlError) -> (problem: String, line: Int?) {
  switch error {
  case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _):
    return (problem, mark.line)
  case .composer(let context, let problem, let mark, _):
    return ((context.map { $0.text + " " } ?? "") + problem, mark.line)
  case .duplicatedKeysInMapping(let duplicates, let context):
    let keys = duplicates.sorted().joined(separator: ", ")
    return ("the section that starts here holds \(keys) twice", context.mark.line)
  case .reader(let problem, _, _, _):
    return (problem, nil)
  default:
    return ("\(error)".split(separator: "\n").first.map(String.init) ?? "unreadable", nil)
  }
}

extension ConfigurationValue {
  /// The value of a composed YAML node.
  package init(_ node: Node) {
    switch node {
    case .scalar(let scalar):
      self = scalar.style == .plain ? .init(plainScalar: scalar.string) : .string(scalar.string)
    case .sequence(let sequence):
      self = .list(sequence.map(ConfigurationValue.init(_:)))
    case .mapping(let mapping):
      var table: [String: ConfigurationValue] = [:]
      for (key, value) in mapping {
        table[key.scalar?.string ?? ConfigurationValue(key).yaml] = ConfigurationValue(value)
      }
      self = .table(table)
    case .alias:
      self = .null
    }
  }
}
