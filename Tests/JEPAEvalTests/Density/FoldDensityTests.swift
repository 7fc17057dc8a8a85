import Foundation
import JEPAEval
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct FoldDensityTests {
  /// Rows of strongly correlated columns: one common factor and a tenth of noise each, beside a column that is given.
  private static func data(rows: Int, columns: Int, seed: UInt64 = 1) throws -> FoldData {
    var random = RandomSource(seed: seed)
    var lines = [(["given"] + (0..<columns).map { "c\($0)" }).joined(separator: ",")]
    for _ in 0..<rows {
      let (given, common) = (random.normal(), random.normal())
      let cells = (0..<columns).map { column in
        common * Double(column + 1) + 0.5 * given + 0.1 * random.normal()
      }
      lines.append(([given] + cells).map { "\($0)" }.joined(separator: ","))
    }
    let file = try TemporaryFile(lines.joined(separator: "\n") + "\n")
    let table = try Table(contentsOf: file.path)
    let count = rows / 5
    return try FoldData(
      table,
      fold: DensityFold(
        name: "1", training: Array(2 * count..<rows), validation: Array(0..<count),
        test: Array(count..<2 * count)),
      conditions: [0])
  }

  /// Whitening and its log-determinant against plain loops over the Gaussian's formula.
  @Test func whitenedRowsKeepTheirDensity() throws {
    let data = try Self.data(rows: 60, columns: 3)
    let (y, x) = (data.training.targets, data.training.contexts)
    let density = try GaussianDensity(targets: y, contexts: x)
    let white = try density.whitened(y, contexts: x)
    let n = Double(y.shape[0])
    expectClose(
      matmul(white, white, transposeA: true) / n, .identity(3, dtype: .float64), absolute: 1e-12,
      relative: 0)
    expectClose(white.mean(axis: 0).doubles(), [0, 0, 0], absolute: 1e-12, relative: 0)
    let (w, logs) = (Naive(white), try density.logDensity(of: y, contexts: x).doubles())
    for row in 0..<y.shape[0] {
      let square = (0..<3).reduce(0.0) { $0 + w[[row, $1]] * w[[row, $1]] }
      let standard = -0.5 * square - 1.5 * log(2 * Double.pi)
      #expect(abs(standard - density.logDeterminant - logs[row]) < 1e-11)
    }
  }

  /// A head that starts as N(0, I) is, whitened, the full Gaussian before any training, up to float32.
  @Test func aWhitenedStandardNormalIsTheGaussian() throws {
    let data = try Self.data(rows: 200, columns: 4)
    var settings = DensityFitSettings(epochs: 1, learningRate: 1e-30)
    settings.noise = 5
    let found = try FoldDensity(
      StandardNormalHead(), data: data, settings: settings,
      preparation: DensityPreparation(noise: 0, whitening: true), random: RandomSource(seed: 1))
    let gaussian = try GaussianDensity(
      targets: data.training.targets, contexts: data.training.contexts)
    let expected = try gaussian.logDensity(of: data.test.targets, contexts: data.test.contexts)
    let values = try #require(
      try found.logLikelihood(of: data.test, random: RandomSource(seed: 2))?.values)
    expectClose(values, expected.doubles(), absolute: 1e-4, relative: 1e-5)
    #expect(found.fit.bestEpoch == 0)
  }

  /// Without whitening the scaled rows are what the head sees.
  @Test func withoutWhiteningRowsAreAsTheyWere() throws {
    let data = try Self.data(rows: 100, columns: 2)
    let found = try FoldDensity(
      StandardNormalHead(), data: data, settings: DensityFitSettings(epochs: 1),
      preparation: DensityPreparation(noise: 0, whitening: false), random: RandomSource(seed: 1))
    let y = Naive(data.test.targets)
    let expected = (0..<data.test.rows).map { row in
      -0.5 * (y[[row, 0]] * y[[row, 0]] + y[[row, 1]] * y[[row, 1]]) - log(2 * Double.pi)
    }
    let values = try #require(
      try found.logLikelihood(of: data.test, random: RandomSource(seed: 2))?.values)
    expectClose(values, expected, absolute: 1e-5, relative: 1e-5)
  }
}

/// N(0, I) whatever the context, with a weight that changes nothing.
private struct StandardNormalHead: DensityPredictor {
  var weight = Tensor.zeros([1])

  mutating func walk<V: ModuleVisitor>(_ visitor: inout V) { visitor.parameter("weight", &weight) }

  func callAsFunction(_ context: Tensor) -> Prediction { Prediction(weight: weight) }

  struct Prediction: ExactDensity {
    let weight: Tensor

    func logDensity(of y: Tensor) -> Tensor {
      y.square().sum(axis: 1) * -0.5 - Double(y.shape[1]) / 2 * log(2 * Double.pi) + weight * 0.0
    }
    func loss(of y: Tensor, using random: inout RandomRows) -> Tensor { -logDensity(of: y) }
    func sample(_ count: Int, using random: inout RandomSource) -> Tensor { .zeros([count, 0, 0]) }
    func mean(using random: inout RandomSource) -> Tensor { .zeros([0, 0]) }
  }
}
