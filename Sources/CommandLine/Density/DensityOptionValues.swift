import JEPAHeads

/// A head's options as JSON, every key with the value that holds.
struct DensityOptionValues: Encodable {
  let values: [(key: String, value: ConfigurationValue)]

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Name.self)
    for (key, value) in values {
      let name = Name(stringValue: key)
      switch value {
      case .null: try container.encodeNil(forKey: name)
      case .boolean(let value): try container.encode(value, forKey: name)
      case .integer(let value): try container.encode(value, forKey: name)
      case .number(let value): try container.encode(value, forKey: name)
      case .string(let value): try container.encode(value, forKey: name)
      case .list, .table: try container.encode(value.yaml, forKey: name)
      }
    }
  }

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}
