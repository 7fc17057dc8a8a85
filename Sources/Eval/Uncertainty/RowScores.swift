import Foundation
import JEPA
import JEPATensor

/// The scores of every row, one column for each metric, and the image that each row is of. What is kept
/// of an evaluation, and what two evaluations of the same rows are compared by.
public struct RowScores: Sendable, Equatable {
  /// Per row, the image's number in its data set.
  public private(set) var images: [Int]
  /// Columns as long as ``images``; NaN where a row has no such score.
  public private(set) var columns: [UncertaintyMetric: [Double]]

  public init(images: [Int] = [], columns: [UncertaintyMetric: [Double]] = [:]) {
    for (metric, values) in columns {
      require(
        values.count == images.count,
        "RowScores: \(values.count) values of \(metric.rawValue) for \(images.count) rows")
    }
    self.images = images
    self.columns = columns
  }

  public var count: Int { images.count }
  public subscript(metric: UncertaintyMetric) -> [Double]? { columns[metric] }
  /// The metrics that there are: the package's own in their order, then others by name.
  public var metrics: [UncertaintyMetric] {
    let own = UncertaintyMetric.standard.filter { columns[$0] != nil }
    let others = Set(columns.keys).subtracting(own).sorted { $0.rawValue < $1.rawValue }
    return own + others
  }

  mutating func set(_ metric: UncertaintyMetric, _ values: [Double]) {
    require(
      values.count == count,
      "RowScores: \(values.count) values of \(metric.rawValue) for \(count) rows")
    columns[metric] = values
  }

  /// Adds rows; a column that one side lacks is NaN there.
  public mutating func append(_ other: RowScores) {
    for metric in Set(columns.keys).union(other.columns.keys) {
      let missing = { (count: Int) in [Double](repeating: .nan, count: count) }
      columns[metric] =
        (columns[metric] ?? missing(count)) + (other.columns[metric] ?? missing(other.count))
    }
    images += other.images
  }

  /// The mean over each image's rows of one metric, with the images in the order of their first row. NaN
  /// rows are left out, and images that have no others.
  func imageMeans(_ metric: UncertaintyMetric) -> (images: [Int], means: [Double]) {
    var place: [Int: Int] = [:]
    var found: (images: [Int], sums: [Double], counts: [Double]) = ([], [], [])
    for (image, value) in zip(images, columns[metric] ?? []) where !value.isNaN {
      let index = place[image] ?? found.images.count
      if index == found.images.count {
        place[image] = index
        found.images.append(image)
        found.sums.append(0)
        found.counts.append(0)
      }
      found.sums[index] += value
      found.counts[index] += 1
    }
    return (found.images, zip(found.sums, found.counts).map { $0 / $1 })
  }
}

// MARK: Pairs

extension RowScores {
  /// The mean of this side's metric less `other`'s over the same rows, with its interval.
  ///
  /// - Throws: ``RowScoresError`` where the rows are not the same or a side has no such metric.
  public func difference(
    of metric: UncertaintyMetric, from other: RowScores, resamples: Int = 1000,
    confidence: Double = 0.95, using random: RandomSource
  ) throws -> Estimate {
    guard images == other.images else {
      throw RowScoresError.rows(count, other.count)
    }
    guard let mine = columns[metric], let others = other.columns[metric] else {
      throw RowScoresError.metric(metric)
    }
    return ClusteredBootstrap(
      clusters: images, resamples: resamples, confidence: confidence, using: random
    ).meanDifference(mine, others)
  }

  /// Whether both sides were scored on the same targets, as far as the scores tell: the Gaussian's
  /// scores depend on targets alone. Nil where a side has none.
  public func hasSameTargets(as other: RowScores) -> Bool? {
    guard let mine = columns[.gaussianCRPS], let others = other.columns[.gaussianCRPS] else {
      return nil
    }
    return images == other.images
      && zip(mine, others).allSatisfy { abs($0 - $1) <= 1e-6 * max(abs($0), abs($1)) }
  }
}

/// Why scores cannot be compared.
public enum RowScoresError: Error, Equatable, CustomStringConvertible {
  /// The rows of the two sides are of other images or in another order.
  case rows(Int, Int)
  /// One side lacks the metric.
  case metric(UncertaintyMetric)

  public var description: String {
    switch self {
    case .rows(let mine, let others):
      "the scores are of different rows (\(mine) and \(others)); evaluate both on the same images "
        + "with the same masks"
    case .metric(let metric):
      "\(metric.rawValue) is not in both sets of scores; choose a metric that both heads have"
    }
  }
}

// MARK: Files

extension RowScores {
  /// Writes one column for each metric beside `image`: CSV where the name ends in `.csv` (an empty cell
  /// for NaN), safetensors otherwise (float64 tensors [N], `image` as int64).
  ///
  /// - Parameter isNamedByUser: as of ``AtomicFile``.
  /// - Throws: `FileError` or `SafetensorsError`, as for a full disk.
  public func write(to url: URL, isNamedByUser: Bool = false) throws {
    let metrics = metrics
    guard url.pathExtension == "csv" else {
      try Safetensors.write(
        tensors: metrics.map { metric in
          (metric.rawValue, Tensor(columns[metric] ?? [], shape: [count]))
        },
        integers: [(name: "image", shape: [count], values: images.map(Int64.init))],
        metadata: ["format": Self.format], to: url, isNamedByUser: isNamedByUser)
      return
    }
    let values = metrics.map { columns[$0] ?? [] }
    try AtomicFile.write(to: url.path, isNamedByUser: isNamedByUser) { file in
      try file.append("image" + metrics.map { "," + $0.rawValue }.joined() + "\n")
      for (row, image) in images.enumerated() {
        let cells = values.map { $0[row].isNaN ? "," : ",\($0[row])" }
        try file.append("\(image)" + cells.joined() + "\n")
      }
    }
  }

  private static let format = "jepa-row-scores-1"

  /// Reads scores from a safetensors file that ``write(to:)`` wrote.
  ///
  /// - Throws: `SafetensorsError` where the file is no such file.
  public init(contentsOf url: URL) throws {
    let file = try SafetensorsFile(url)
    guard file.metadata["format"] == Self.format else {
      throw SafetensorsError(
        file: url.path,
        reason: "it holds no row scores; give a safetensors file written by jepa eval --scores")
    }
    let images = try file.integers(named: "image")
    var columns: [UncertaintyMetric: [Double]] = [:]
    for name in file.names where name != "image" {
      let metric = UncertaintyMetric(rawValue: name)
      let values = try file.tensor(named: metric.rawValue).doubles()
      guard values.count == images.count else {
        throw SafetensorsError(
          file: url.path, tensor: metric.rawValue,
          reason: "has \(values.count) values for \(images.count) rows")
      }
      columns[metric] = values
    }
    self.init(images: images, columns: columns)
  }
}
