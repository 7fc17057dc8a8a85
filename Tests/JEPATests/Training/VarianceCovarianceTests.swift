import JEPA
import JEPATestSupport
import Testing

@Suite struct VarianceCovarianceTests {
  private static func both(_ variance: Double = 1, _ covariance: Double = 1) -> VarianceCovariance {
    VarianceCovariance(varianceWeight: variance, covarianceWeight: covariance)
  }

  private static func tokens(_ count: Int, _ width: Int = 4, seed: UInt64 = 1) -> Tensor {
    var random = RandomSource(seed: seed)
    return .normal([count, width], dtype: .float64, using: &random)
  }

  /// Two opposite tokens at one place: S = [[2, 2], [2, 2]], so no variance is missing and the
  /// covariance term is (4 + 4) / 2.
  @Test func covarianceByHand() {
    let tokens = Tensor([1.0, 1, -1, -1], shape: [2, 2])
    let value = Self.both()(tokens, patches: [0, 0], patchCount: 1).item()
    #expect(abs(value - 4) < 1e-14)
    #expect(abs(Self.both(0, 0.5)(tokens, patches: [0, 0], patchCount: 1).item() - 2) < 1e-14)
    #expect(Self.both(3, 0)(tokens, patches: [0, 0], patchCount: 1).item() == 0)
  }

  /// One feature varies by ±0.1, so S = 0.02; the other not at all.
  @Test func varianceByHand() {
    let tokens = Tensor([0.1, 7, -0.1, 7], shape: [2, 2])
    let expected = (1 - (0.02 + 1e-4).squareRoot() + 1 - 0.01) / 2
    let value = Self.both(2, 5)(tokens, patches: [3, 3], patchCount: 4).item()
    #expect(abs(value - 2 * expected) < 1e-14)
  }

  /// ±√1.5 along each axis: S is the identity, and nothing is to be paid.
  @Test func nothingForUncorrelatedUnitVariance() {
    let a = 1.5.squareRoot()
    let tokens = Tensor([a, 0, -a, 0, 0, a, 0, -a], shape: [4, 2])
    let value = Self.both()(tokens, patches: [0, 0, 0, 0], patchCount: 1).item()
    #expect(abs(value) < 1e-20)
  }

  /// Tokens that tell only their place have no variance of their own.
  @Test func positionsDoNotCount() {
    let table = Self.tokens(5) * 10
    let patches: [Int32] = [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 2, 2]
    let value = Self.both(1, 1)(table.gatherRows(patches), patches: patches, patchCount: 5).item()
    #expect(abs(value - 0.99) < 1e-9)
    // Nor does a single token, which is its place's mean.
    let single = Self.both()(Self.tokens(1), patches: [0], patchCount: 1).item()
    #expect(abs(single - 0.99) < 1e-12)
  }

  @Test func agreesWithNestedLoops() {
    let tokens = Self.tokens(9, 3)
    let patches: [Int32] = [0, 0, 0, 2, 2, 5, 5, 5, 5]
    let x = Naive(tokens)
    var centred = x
    for token in 0..<9 {
      let same = (0..<9).filter { patches[$0] == patches[token] }
      for i in 0..<3 {
        centred[[token, i]] -= same.reduce(0) { $0 + x[[$1, i]] } / Double(same.count)
      }
    }
    var (variance, covariance) = (0.0, 0.0)
    for i in 0..<3 {
      for j in 0..<3 {
        // Nine tokens at three positions.
        let s = (0..<9).reduce(0) { $0 + centred[[$1, i]] * centred[[$1, j]] } / 6
        if i == j {
          variance += max(0, 1 - (s + 1e-4).squareRoot()) / 3
        } else {
          covariance += s * s / 3
        }
      }
    }
    let value = Self.both(2, 3)(tokens, patches: patches, patchCount: 6).item()
    #expect(abs(value - (2 * variance + 3 * covariance)) < 1e-13)
  }

  /// Places that no token lies at change nothing.
  @Test func absentPlacesDoNotCount() {
    let tokens = Self.tokens(8)
    let near = Self.both()(tokens, patches: [0, 0, 0, 0, 1, 1, 1, 1], patchCount: 2).item()
    let far = Self.both()(tokens, patches: [7, 7, 7, 7, 40, 40, 40, 40], patchCount: 64).item()
    #expect(abs(near - far) < 1e-14)
  }

  @Test func gradients() {
    let patches: [Int32] = [0, 0, 1, 1, 2, 2, 2, 0]
    for weights in [(1.0, 0.0), (0, 1), (2, 0.3)] {
      // Below and above unit variance, and away from it.
      let tokens = Self.tokens(8) * Tensor([0.2, 0.5, 2, 3], shape: [1, 4])
      gradientCheck(at: [tokens], "variance and covariance \(weights)") { inputs in
        Self.both(weights.0, weights.1)(inputs[0], patches: patches, patchCount: 4)
      }
    }
  }

  @Test func isActiveWithAnyWeight() {
    #expect(!Self.both(0, 0).isActive)
    #expect(Self.both(1, 0).isActive && Self.both(0, 1).isActive)
  }
}
