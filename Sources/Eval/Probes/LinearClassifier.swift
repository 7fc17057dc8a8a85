import Foundation
import JEPATensor

/// A linear layer over standardised features, as a probe fits it.
public struct LinearClassifier: Sendable {
  /// D means of the features it was fitted to.
  public let mean: [Double]
  /// D reciprocal standard deviations; 0 where a feature is constant.
  public let scale: [Double]
  /// [C, D], for standardised features.
  public let weight: Tensor
  /// [C].
  public let bias: Tensor
  /// The class of each of the C outputs, rising: those that occur in the training labels.
  public let classes: [Int]

  /// [N, D] → logits [N, C], column i for class `classes[i]`.
  public func callAsFunction(_ features: Tensor) -> Tensor {
    require(
      features.rank == 2 && features.shape[1] == mean.count,
      "LinearClassifier: features \(features.shape) for \(mean.count) dimensions")
    let standardizer = Standardizer(mean: mean, scale: scale)
    return linear(
      standardizer(features, dtype: weight.dtype), weight: weight, bias: bias)
  }

  /// Part of the rows, 0 to 1, whose class has the largest logit, or one of the five largest. A row of
  /// a class the classifier does not know counts as wrong.
  public func accuracy(_ data: LabeledFeatures) -> (top1: Double, top5: Double) {
    require(data.count > 0, "LinearClassifier.accuracy: no rows")
    let logits = self(data.features).doubles()
    let outputs = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
    var hits = TopHits()
    logits.withUnsafeBufferPointer { logits in
      for (row, label) in data.labels.enumerated() {
        let scores = logits[row * classes.count..<(row + 1) * classes.count]
        hits.add(
          UnsafeBufferPointer(rebasing: scores), label: outputs[label] ?? -1,
          floor: -.infinity)
      }
    }
    let n = Double(data.count)
    return (Double(hits.first) / n, Double(hits.firstFive) / n)
  }
}

/// Brings each feature to mean 0 and standard deviation 1.
struct Standardizer: Sendable {
  let mean: [Double]
  let scale: [Double]

  init(mean: [Double], scale: [Double]) {
    self.mean = mean
    self.scale = scale
  }

  /// Measures `features` [N, D], N > 0. A feature whose deviation is rounding only gets scale 0.
  init(_ features: Tensor) {
    let (mean, deviation) = columnStatistics(features)
    self.mean = mean
    scale = zip(mean, deviation).map { $1 > 1e-10 * abs($0) ? 1 / $1 : 0 }
  }

  func callAsFunction(_ features: Tensor, dtype: DType) -> Tensor {
    (features.cast(to: dtype) - Tensor(mean, shape: [mean.count], dtype: dtype))
      * Tensor(scale, shape: [scale.count], dtype: dtype)
  }
}

/// The mean and population standard deviation (divided by N) of each column of [N, D], N > 0.
func columnStatistics(_ features: Tensor) -> (mean: [Double], deviation: [Double]) {
  let (n, width) = (features.shape[0], features.shape[1])
  let values = features.doubles()
  var mean = [Double](repeating: 0, count: width)
  var squares = mean
  values.withUnsafeBufferPointer { values in
    for row in 0..<n {
      for i in 0..<width { mean[i] += values[row * width + i] }
    }
    for i in 0..<width { mean[i] /= Double(n) }
    for row in 0..<n {
      for i in 0..<width {
        let difference = values[row * width + i] - mean[i]
        squares[i] += difference * difference
      }
    }
  }
  return (mean, squares.map { ($0 / Double(n)).squareRoot() })
}
