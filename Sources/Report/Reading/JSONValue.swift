import Foundation

/// A JSON file read as it comes, where other versions may write more or less than this one knows.
enum JSONValue: Sendable, Equatable {
  case null
  case boolean(Bool)
  case number(Double)
  case text(String)
  case list([JSONValue])
  case object([String: JSONValue])

  subscript(key: String) -> JSONValue? {
    guard case .object(let values) = self, let value = values[key], value != .null else {
      return nil
    }
    return value
  }

  /// The first of several names that there is.
  subscript(keys: [String]) -> JSONValue? { keys.lazy.compactMap { self[$0] }.first }

  var number: Double? {
    if case .number(let value) = self { value } else { nil }
  }

  var text: String? {
    switch self {
    case .text(let value): value
    case .number(let value): Int(exactly: value).map(String.init) ?? "\(value)"
    case .boolean(let value): "\(value)"
    default: nil
    }
  }

  var list: [JSONValue] {
    if case .list(let values) = self { values } else { [] }
  }
}

extension JSONValue: Decodable {
  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let values = try? container.decode([JSONValue].self) {
      self = .list(values)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }
}
