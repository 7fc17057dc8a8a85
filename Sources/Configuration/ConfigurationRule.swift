/// A condition on a field's value, with the words that state it ("must be at least 1").
public struct ConfigurationRule<Value: Sendable>: Sendable {
  public let statement: String
  public let holds: @Sendable (Value) -> Bool

  public init(statement: String, holds: @escaping @Sendable (Value) -> Bool) {
    self.statement = statement
    self.holds = holds
  }
}

extension ConfigurationRule where Value: Comparable & ConfigurationCodable {
  public static func atLeast(_ bound: Value) -> Self {
    .init(statement: "must be at least \(bound.configurationValue.yaml)") { $0 >= bound }
  }
  public static func above(_ bound: Value) -> Self {
    .init(statement: "must be above \(bound.configurationValue.yaml)") { $0 > bound }
  }
  public static func within(_ range: ClosedRange<Value>) -> Self {
    let (low, high) = (range.lowerBound, range.upperBound)
    let bounds = "\(low.configurationValue.yaml) and \(high.configurationValue.yaml)"
    return .init(statement: "must lie between \(bounds)") { range.contains($0) }
  }
}

extension ConfigurationRule where Value == Double {
  /// A probability that is never certain.
  public static var belowOne: Self {
    .init(statement: "must be at least 0 and below 1") { $0 >= 0 && $0 < 1 }
  }
}

extension ConfigurationRule where Value == ClosedRange<Double> {
  /// A part of a whole.
  public static var fractions: Self {
    .init(statement: "must hold two numbers above 0 and at most 1") {
      $0.lowerBound > 0 && $0.upperBound <= 1
    }
  }
  /// Heights over widths.
  public static var ratios: Self {
    .init(statement: "must hold two numbers between 0.001 and 1000.0") {
      $0.lowerBound >= 1e-3 && $0.upperBound <= 1e3
    }
  }
}

extension ConfigurationRule where Value == Endpoints {
  /// Two momenta or probabilities.
  public static var unitInterval: Self {
    .init(statement: "must hold two numbers between 0 and 1") {
      (0...1).contains($0.start) && (0...1).contains($0.end)
    }
  }
}

extension ConfigurationRule {
  /// `rule`, for values that are present.
  public static func present<Wrapped>(_ rule: ConfigurationRule<Wrapped>) -> Self
  where Value == Wrapped? {
    .init(statement: rule.statement + ", or null") { value in value.map(rule.holds) ?? true }
  }
}
