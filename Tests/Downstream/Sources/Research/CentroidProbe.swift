import JEPAEval
import JEPATensor

/// The class whose training features have the nearest mean.
public struct CentroidProbe: Probe {
  public static let name = "centroid"
  public static let metrics = [
    Metric(
      "centroid", title: "Nearest centroid", shortTitle: "centroid", unit: "%", better: .high,
      digits: 2, scale: 100, meaning: "Share of images whose class has the nearest mean.")
  ]

  public init() {}

  public func measure(
    _ features: ProbeFeatures, into report: inout EvaluationReport, using random: RandomSource
  ) throws {
    let (train, asked) = (features.train, features.validation)
    let centers = Set(train.labels).sorted().map { label in
      let rows = train.labels.indices.filter { train.labels[$0] == label }
      return (label, train.rows(rows).features.mean(axis: 0))
    }
    let distances = centers.map { (asked.features - $0.1).square().sum(axis: 1).doubles() }
    let hits = asked.labels.indices.count { row in
      let nearest = centers.indices.min { distances[$0][row] < distances[$1][row] }
      return nearest.map { centers[$0].0 } == asked.labels[row]
    }
    report[Self.metrics[0]] = Double(hits) / Double(asked.count)
  }
}
