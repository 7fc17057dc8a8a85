extension TrainingConfiguration {
  /// Reads a configuration file, applies overrides of the form `section.key=value`, and validates
  /// the result as a whole. An override of `head.name` drops the options that the file has for another
  /// head.
  /// - Throws: `ConfigurationError`; `FileError` where the file cannot be read.
  public init(contentsOf path: String, overrides: [String] = []) throws {
    var bytes = try FileError.contents(of: path, limit: ConfigurationBounds.length)[...]
    // The byte-order mark that editors on Windows put first.
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ConfigurationError(
        key: "", origin: .init(source: path), message: "is not a text file in UTF-8")
    }
    try self.init(yaml: text, source: path, overrides: overrides)
  }

  /// Reads a configuration from text; `source` names it in messages.
  /// - Throws: `ConfigurationError`.
  public init(yaml: String, source: String = "configuration", overrides: [String] = []) throws {
    self.init()
    var origins = ConfigurationOrigins(source: source)
    for assignment in try ConfigurationAssignment.all(inYAML: yaml, source: source) {
      try assign(assignment, &origins)
    }
    try assign(overrides: overrides, &origins)
    try origins.locating { try validate() }
  }

  /// This configuration with overrides of the form `section.key=value`, validated.
  /// - Throws: `ConfigurationError`.
  public func applying(overrides: [String]) throws -> TrainingConfiguration {
    var result = self
    var origins = ConfigurationOrigins(source: nil)
    try result.assign(overrides: overrides, &origins)
    try origins.locating { try result.validate() }
    return result
  }

  /// Where overrides name another head, the options of the one before go.
  private mutating func assign(
    overrides: [String], _ origins: inout ConfigurationOrigins
  ) throws {
    let assignments = try overrides.map { try ConfigurationAssignment(override: $0) }
    let earlier = head.name
    for assignment in assignments where assignment.path == "head.name" {
      try assign(assignment, &origins)
    }
    if head.name != earlier { head.options = [:] }
    for assignment in assignments { try assign(assignment, &origins) }
  }

  private mutating func assign(
    _ assignment: ConfigurationAssignment, _ origins: inout ConfigurationOrigins
  ) throws {
    origins.record(assignment)
    try origins.locating {
      guard let section = Self.schema.first(where: { $0.name == assignment.section }) else {
        throw ConfigurationError.unknown(key: assignment.path, in: Self.schema)
      }
      if let key = assignment.key {
        do {
          try section.read(key, assignment.value, &self)
        } catch let error as UnknownConfigurationKey {
          throw ConfigurationError.unknown(key: error.path, in: Self.schema)
        }
      } else if assignment.value != .null {
        throw ConfigurationError(
          key: section.name,
          message: "\(section.name) must be a section of keys, not \(assignment.value.described)")
      }
    }
  }
}

/// Remembers where each key was written, to say so when it turns out wrong.
struct ConfigurationOrigins {
  /// The file as a whole.
  let source: String?
  private var origins: [String: ConfigurationOrigin] = [:]

  init(source: String?) { self.source = source }

  mutating func record(_ assignment: ConfigurationAssignment) {
    origins[assignment.path] = assignment.origin
  }

  /// Runs `body` and adds the origin to a `ConfigurationError` that it throws.
  func locating(_ body: () throws -> Void) throws {
    do {
      try body()
    } catch let error as ConfigurationError where error.origin == nil {
      let origin = origins[error.key] ?? source.map { ConfigurationOrigin(source: $0) }
      throw ConfigurationError(key: error.key, origin: origin, message: error.message)
    }
  }
}
