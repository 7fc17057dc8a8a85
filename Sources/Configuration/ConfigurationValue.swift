/// A value as it stands in a configuration file, before a field gives it a type.
public enum ConfigurationValue: Sendable, Equatable {
  /// `null`, `~` or nothing.
  case null
  /// `true`, `false`, and YAML 1.1's `yes`, `no`, `on`, `off`.
  case boolean(Bool)
  /// A decimal integer.
  case integer(Int)
  /// A number with a fraction or an exponent. `1e-3` is a number here, although YAML 1.1 asks for
  /// `1.0e-3`.
  case number(Double)
  /// Any other scalar, and every quoted one.
  case string(String)
  /// `[a, b]`.
  case list([ConfigurationValue])
  /// `{a: 1, b: 2}`.
  case table([String: ConfigurationValue])

  /// The value of a plain (unquoted) scalar, by YAML 1.1's rules with two exceptions: an exponent
  /// needs no point, and integers are decimal only, so that `010` is a string, never eight.
  package init(plainScalar text: String) {
    switch text {
    case "", "~", "null", "Null", "NULL": self = .null
    case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON": self = .boolean(true)
    case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF": self = .boolean(false)
    case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": self = .number(.infinity)
    case "-.inf", "-.Inf", "-.INF": self = .number(-.infinity)
    case ".nan", ".NaN", ".NAN": self = .number(.nan)
    default: self = Self.number(in: text) ?? .string(text)
    }
  }

  /// Decimal integers and floating-point numbers; underscores may separate digits.
  private static func number(in text: String) -> ConfigurationValue? {
    let digits = text.drop { $0 == "+" || $0 == "-" }
    guard text.count - digits.count <= 1, let first = digits.first,
      ("0"..."9").contains(first) || first == ".",
      digits.allSatisfy({ ("0"..."9").contains($0) || "._eE+-".contains($0) })
    else { return nil }
    let bare = text.filter { $0 != "_" }
    if digits.allSatisfy({ ("0"..."9").contains($0) || $0 == "_" }) {
      if digits.count > 1, first == "0" { return nil }
      if let integer = Int(bare) { return .integer(integer) }
    }
    return Double(bare).map { .number($0) }
  }

  /// The value in YAML's one-line flow form; reads back as the same value.
  public var yaml: String {
    switch self {
    case .null: return "null"
    case .boolean(let value): return value ? "true" : "false"
    case .integer(let value): return String(value)
    case .number(let value): return Self.text(of: value)
    case .string(let value): return Self.text(of: value)
    case .list(let values): return "[" + values.map(\.yaml).joined(separator: ", ") + "]"
    case .table(let values):
      let entries = values.sorted { $0.key < $1.key }
        .map { Self.text(of: $0.key) + ": " + $0.value.yaml }
      return "{" + entries.joined(separator: ", ") + "}"
    }
  }

  /// Shortest text that reads back as the same number, with the point that YAML 1.1 readers need.
  private static func text(of value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? ".nan" : value > 0 ? ".inf" : "-.inf" }
    let text = value.description
    guard !text.contains("."), let exponent = text.firstIndex(of: "e") else { return text }
    return text[..<exponent] + ".0" + text[exponent...]
  }

  /// Plain where that is safe in block and in flow context, double-quoted otherwise.
  package static func text(of value: String) -> String {
    let plain = value.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        return true
      default: return "_-./$+".utf8.contains(byte)
      }
    }
    let startsSafely = value.first.map { $0.isLetter || "_./$".contains($0) } ?? false
    if plain, startsSafely, ConfigurationValue(plainScalar: value) == .string(value) {
      return value
    }
    var quoted = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
        quoted += "\\x" + hexadecimal(scalar.value, digits: 2)
      case "\u{2028}", "\u{2029}", "\u{FEFF}":
        quoted += "\\u" + hexadecimal(scalar.value, digits: 4)
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  private static func hexadecimal(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  /// What this value is, for messages: "the string \"ten\"", "the list [1, 2]".
  package var described: String {
    func short(_ text: String) -> String { text.count > 200 ? text.prefix(200) + "…" : text }
    switch self {
    case .null: return "nothing (null)"
    case .boolean: return "the boolean \(yaml)"
    case .integer: return "the integer \(yaml)"
    case .number: return "the number \(yaml)"
    case .string(let value): return "the string \"\(short(value))\""
    case .list: return "the list \(short(yaml))"
    case .table: return "the table \(short(yaml))"
    }
  }
}
