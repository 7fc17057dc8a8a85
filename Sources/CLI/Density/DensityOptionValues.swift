/// A head's options as JSON, every one with the value that holds: stored properties by their names.
struct DensityOptionValues: Encodable {
  private let values: [(name: String, value: any Encodable)]

  init(_ options: Any) {
    values = Mirror(reflecting: options).children.compactMap { child in
      child.label.map { ($0, Self.encodable(child.value)) }
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Name.self)
    for (name, value) in values { try container.encode(value, forKey: Name(stringValue: name)) }
  }

  private static func encodable(_ value: Any) -> any Encodable {
    switch value {
    case let value as Bool: return value
    case let value as Int: return value
    case let value as UInt64: return value
    case let value as Double: return value
    case let value as any RawRepresentable: return "\(value.rawValue)"
    default:
      let mirror = Mirror(reflecting: value)
      // An optional has its value, or nothing.
      if mirror.displayStyle == .optional {
        return mirror.children.first.map { encodable($0.value) } ?? String?.none
      }
      return "\(value)"
    }
  }

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}
