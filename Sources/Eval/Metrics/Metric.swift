import Foundation

/// A figure that is measured of models, described once: tables, JSON, the report's page and its
/// glossary are made from this.
///
/// ```swift
/// let centroids = Metric(
///   "centroid", title: "Nearest centroid", unit: "%", better: .high, digits: 2, scale: 100,
///   meaning: "Share of validation images whose class has the nearest mean of features.")
/// ```
public struct Metric: Sendable, Hashable {
  /// Which way a figure is good.
  public enum Direction: String, Sendable, Codable {
    case high, low
    /// Near a value of its own, ``Metric/ideal``.
    case near
    /// Neither.
    case none
  }

  /// In JSON, CSV and safetensors: lowercase words joined by `_`.
  public let key: String
  public let title: String
  /// For the head of a column; the title unless given.
  public let shortTitle: String
  /// "" for none.
  public let unit: String
  public let better: Direction
  /// The right value of figures that are good near one, before ``scale``.
  public let ideal: Double?
  /// Digits after the point in tables.
  public let digits: Int
  /// Shown as so many times the value: 100 for shares in percent.
  public let scale: Double
  /// In plain words, with what to compare with.
  public let meaning: String

  public init(
    _ key: String, title: String, shortTitle: String? = nil, unit: String = "",
    better: Direction = .none, ideal: Double? = nil, digits: Int = 3, scale: Double = 1,
    meaning: String = ""
  ) {
    (self.key, self.title, self.shortTitle) = (key, title, shortTitle ?? title)
    (self.unit, self.better, self.ideal) = (unit, better, ideal)
    (self.digits, self.scale, self.meaning) = (digits, scale, meaning)
  }

  /// The value as it is shown: scaled, rounded, with its unit.
  public func text(_ value: Double) -> String {
    String(format: "%.\(digits)f", value * scale) + (unit.isEmpty ? "" : " " + unit)
  }
}
