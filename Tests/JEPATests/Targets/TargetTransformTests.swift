import Foundation
import JEPA
import JEPATestSupport
import Testing

@Suite struct TargetTransformTests {
  private static func rows(_ count: Int = 400, _ width: Int = 6) -> Tensor {
    var random = RandomSource(seed: 3)
    let mix = Tensor.normal([width, width], dtype: .float64, using: &random)
    return matmul(.normal([count, width], dtype: .float64, using: &random), mix) + 0.5
  }

  private static func transform(
    helmert: Bool = false, noise: Double = 0, whitening: Bool = false, width: Int = 6
  ) -> TargetTransform {
    var configuration = TargetConfiguration()
    configuration.helmert = helmert
    configuration.noise = noise
    configuration.whitening = whitening
    return configuration.transform(width: width)
  }

  @Test(arguments: 1...7)
  func helmertIsAnOrthonormalBasisOfSumZero(_ width: Int) {
    let basis = Helmert.basis(width)
    #expect(basis.shape == [width - 1, width])
    expectClose(
      matmul(basis, basis, transposeB: true), .identity(width - 1, dtype: .float64),
      absolute: 1e-14, relative: 0)
    expectClose(
      basis.sum(axis: 1), .zeros([width - 1], dtype: .float64), absolute: 1e-14, relative: 0)
  }

  /// Third row of width 4: (1, 1, 1, −3) / √12.
  @Test func helmertByHand() {
    let row = Helmert.basis(4).slice(axis: 0, 2..<3).doubles()
    expectClose(row, [1, 1, 1, -3].map { $0 / 12.0.squareRoot() }, relative: 1e-15)
  }

  @Test func helmertLosesNothing() {
    let transform = Self.transform(helmert: true)
    let outputs = Self.rows()
    let y = transform(outputs)
    #expect(y.shape == [400, 5] && transform.dimensions(of: 6) == 5)
    expectClose(
      transform.inverse(y), outputs.layerNorm(epsilon: transform.epsilon), absolute: 1e-13,
      relative: 0)
    #expect(transform.logDeterminant == 0)
  }

  @Test func noiseHasItsDeviation() {
    let transform = Self.transform(helmert: true, noise: 0.3)
    let outputs = Self.rows(5000)
    let source = RandomRows(count: 5000, from: RandomSource(seed: 9))
    let y = transform(outputs, noise: source)
    let added = (y - transform.clean(outputs)).doubles()
    let mean = added.reduce(0, +) / Double(added.count)
    let variance = added.reduce(0) { $0 + $1 * $1 } / Double(added.count)
    #expect(abs(mean) < 4 * 0.3 / Double(added.count).squareRoot())
    #expect(abs(variance - 0.09) < 4 * 0.09 * (2 / Double(added.count)).squareRoot())
    expectSameBits(transform(outputs, noise: source), y, "the same source, the same noise")
  }

  @Test func whiteningWhitens() throws {
    var transform = Self.transform(helmert: true, whitening: true)
    let outputs = Self.rows()
    #expect(transform.logDeterminant == 0)
    expectClose(
      transform(outputs), transform.clean(outputs), absolute: 1e-13, relative: 0,
      "the identity at first")
    transform.whitening?.eigenvalueFloor = 1e-12
    try transform.observe(outputs)
    let y = transform(outputs)
    let centred = y - y.mean(axis: 0, keepingDimensions: true)
    expectClose(
      matmul(centred, centred, transposeA: true) / 399, .identity(5, dtype: .float64),
      absolute: 1e-9, relative: 0)
    expectClose(
      transform.inverse(y), outputs.layerNorm(epsilon: 1e-5), absolute: 1e-10, relative: 0)
  }

  /// The density of a Gaussian must not depend on the space it is computed in.
  @Test func logDeterminantKeepsLikelihoods() throws {
    var transform = Self.transform(helmert: true, noise: 0.2, whitening: true)
    let outputs = Self.rows()
    try transform.observe(outputs)
    let plain = Self.transform(helmert: true, noise: 0.2)
    let source = RandomRows(count: outputs.shape[0], from: RandomSource(seed: 1))
    let direct = try Self.gaussianLogLikelihood(plain(outputs, noise: source))
    let whitened = try Self.gaussianLogLikelihood(transform(outputs, noise: source))
    #expect(abs(direct - (whitened + transform.logDeterminant)) < 1e-9)
    #expect(abs(transform.logDeterminant) > 0.1)
  }

  /// Mean log-likelihood of rows under the Gaussian fitted to them.
  private static func gaussianLogLikelihood(_ rows: Tensor) throws -> Double {
    let (count, width) = (Double(rows.shape[0]), Double(rows.shape[1]))
    let centred = rows - rows.mean(axis: 0, keepingDimensions: true)
    let covariance = matmul(centred, centred, transposeA: true) / count
    let logDeterminant = try LinearAlgebra.logDeterminant(positiveDefinite: covariance)
    return -0.5 * (width * (1 + log(2 * Double.pi)) + logDeterminant)
  }

  /// Without Helmert's basis one eigenvalue is 0; the floor keeps the map finite.
  @Test func floorHolds() throws {
    var transform = Self.transform(whitening: true)
    try transform.observe(Self.rows())
    #expect(transform(Self.rows()).isFinite)
    #expect(transform.logDeterminant.isFinite)
    let gains = try transform.whitening.map { whitening in
      try LinearAlgebra.singularValues(
        whitening.whitened(.identity(6, dtype: .float64))
          - whitening.whitened(.zeros([6, 6], dtype: .float64)))
    }
    let values = try #require(gains)
    // The largest gain over the smallest is √(1 / floor).
    #expect(abs((values.max() ?? 0) / (values.min() ?? 1) - 1000.0.squareRoot()) < 1e-6)
  }

  @Test func momentsMove() throws {
    var transform = Self.transform(helmert: true, whitening: true)
    try transform.observe(Self.rows())
    let first = transform.logDeterminant
    var other = RandomSource(seed: 8)
    let next = Tensor.normal([300, 6], dtype: .float64, using: &other)
    try transform.observe(next)
    var fresh = Self.transform(helmert: true, whitening: true)
    try fresh.observe(next)
    let (low, high) = (min(first, fresh.logDeterminant), max(first, fresh.logDeterminant))
    #expect(transform.logDeterminant > low && transform.logDeterminant < high)
  }

  @Test func everyTensorIsSaved() {
    expectEveryTensorIsWalked(Self.transform(helmert: true, whitening: true))
    #expect(Self.transform().namedParameters().isEmpty)
  }

  @Test func warning() {
    var configuration = TargetConfiguration()
    #expect(configuration.warning?.contains("target.noise") == true)
    configuration.noise = 0.1
    #expect(configuration.warning == nil)
  }
}
