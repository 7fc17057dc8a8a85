import Foundation
import JEPAEval
import JEPATensor
import Testing

/// Small cases worked out by NumPy and scikit-learn; see Resources/make_golden.py.
struct Golden: Decodable {
  struct Regression: Decodable {
    let strength: Double
    let weight: [Double]
    let bias: [Double]
    let accuracy: Double
  }
  struct Neighbors: Decodable {
    let k: Int
    let temperature: Double
    let classes: [Int]
    let top1: Double
  }

  let features: [Double]
  let dimensions: Int
  let labels: [Int]
  let regressions: [Regression]
  let neighbors: Neighbors
  let rankMe: Double
  let effectiveRank: Double
  let meanStandardDeviation: Double

  static func load() throws -> Golden {
    let url = try #require(
      Bundle.module.url(forResource: "golden", withExtension: "json", subdirectory: "Resources"))
    return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
  }

  var data: LabeledFeatures {
    LabeledFeatures(
      features: Tensor(features, shape: [labels.count, dimensions], dtype: .float32),
      labels: labels)
  }
}

/// Features around one centre per class, and labels in turn.
func clusters(
  _ count: Int, dimensions: Int = 8, classes: Int = 4, spread: Double, seed: UInt64 = 1
) -> LabeledFeatures {
  var centres = RandomSource(seed: 99)
  var random = RandomSource(seed: seed)
  let means = Tensor.normal([classes, dimensions], using: &centres) * 3
  let labels = (0..<count).map { $0 % classes }
  let noise = Tensor.normal([count, dimensions], using: &random) * spread
  return LabeledFeatures(features: means.gatherRows(labels) + noise, labels: labels)
}
