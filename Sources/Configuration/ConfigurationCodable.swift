/// A type that a configuration field can have.
public protocol ConfigurationCodable: Sendable, Equatable {
  /// What a value of this type looks like in a file, as messages and documentation name it.
  static var expectation: String { get }
  /// `nil` where the value is of another kind.
  init?(_ value: ConfigurationValue)
  var configurationValue: ConfigurationValue { get }
}

extension ConfigurationCodable {
  /// Why `value` is not of this type, to follow the key's name.
  public static func mismatch(with value: ConfigurationValue) -> String {
    let quotable: Bool
    switch value {
    case .boolean, .integer, .number:
      quotable = Self.self == String.self || Self.self == String?.self
    default: quotable = false
    }
    return "must be \(expectation), not \(value.described)"
      + (quotable ? "; write it in quotes" : "")
  }
}

extension Bool: ConfigurationCodable {
  public static var expectation: String { "true or false" }
  public init?(_ value: ConfigurationValue) {
    guard case .boolean(let boolean) = value else { return nil }
    self = boolean
  }
  public var configurationValue: ConfigurationValue { .boolean(self) }
}

extension Int: ConfigurationCodable {
  public static var expectation: String { "an integer" }
  public init?(_ value: ConfigurationValue) {
    guard case .integer(let integer) = value else { return nil }
    self = integer
  }
  public var configurationValue: ConfigurationValue { .integer(self) }
}

extension UInt64: ConfigurationCodable {
  public static var expectation: String { "an integer of at least 0" }
  public init?(_ value: ConfigurationValue) {
    guard case .integer(let integer) = value, integer >= 0 else { return nil }
    self = UInt64(integer)
  }
  public var configurationValue: ConfigurationValue { .integer(Int(clamping: self)) }
}

extension Double: ConfigurationCodable {
  public static var expectation: String { "a number" }
  public init?(_ value: ConfigurationValue) {
    switch value {
    case .integer(let integer): self = Double(integer)
    case .number(let number) where number.isFinite: self = number
    default: return nil
    }
  }
  public var configurationValue: ConfigurationValue { .number(self) }
}

extension String: ConfigurationCodable {
  public static var expectation: String { "a string" }
  public init?(_ value: ConfigurationValue) {
    guard case .string(let string) = value else { return nil }
    self = string
  }
  public var configurationValue: ConfigurationValue { .string(self) }
}

extension Optional: ConfigurationCodable where Wrapped: ConfigurationCodable {
  public static var expectation: String { Wrapped.expectation + " or null" }
  public init?(_ value: ConfigurationValue) {
    if value == .null {
      self = nil
    } else if let wrapped = Wrapped(value) {
      self = wrapped
    } else {
      return nil
    }
  }
  public var configurationValue: ConfigurationValue { self?.configurationValue ?? .null }
}

extension ClosedRange: ConfigurationCodable where Bound == Double {
  public static var expectation: String { "two numbers [low, high], low at most high" }
  public init?(_ value: ConfigurationValue) {
    guard case .list(let list) = value, list.count == 2, let low = Double(list[0]),
      let high = Double(list[1]), low <= high
    else { return nil }
    self = low...high
  }
  public var configurationValue: ConfigurationValue {
    .list([.number(lowerBound), .number(upperBound)])
  }
}

/// The first and the last value of a quantity that changes over training.
public struct Endpoints: Sendable, Equatable, ConfigurationCodable {
  /// The value at the first step.
  public var start: Double
  /// The value at the last step.
  public var end: Double

  /// A quantity that goes from `start` to `end`.
  public init(start: Double, end: Double) {
    self.start = start
    self.end = end
  }

  public static var expectation: String { "two numbers [start, end]" }
  public init?(_ value: ConfigurationValue) {
    guard case .list(let list) = value, list.count == 2, let start = Double(list[0]),
      let end = Double(list[1])
    else { return nil }
    self.init(start: start, end: end)
  }
  public var configurationValue: ConfigurationValue { .list([.number(start), .number(end)]) }
}

/// A field with a fixed list of words.
public protocol ConfigurationChoice: ConfigurationCodable, CaseIterable, RawRepresentable
where RawValue == String {}

extension ConfigurationChoice {
  public static var expectation: String {
    "one of " + allCases.map(\.rawValue).joined(separator: ", ")
  }
  public init?(_ value: ConfigurationValue) {
    guard case .string(let string) = value else { return nil }
    self.init(rawValue: string)
  }
  public var configurationValue: ConfigurationValue { .string(rawValue) }
}
