import Foundation
import JEPAEval
import JEPATensor
import Testing

@Suite struct RepresentationRankTests {
  @Test func agreesWithNumPy() throws {
    let golden = try Golden.load()
    let rank = try RepresentationRank(of: golden.data.features)
    #expect(abs(rank.rankMe - golden.rankMe) < 1e-9)
    #expect(abs(rank.effectiveRank - golden.effectiveRank) < 1e-9)
    #expect(abs(rank.meanStandardDeviation - golden.meanStandardDeviation) < 1e-12)
    #expect(rank.count == 60 && rank.dimensions == 4)
  }

  @Test func byHand() throws {
    // ±3 e₁ and ±1 e₂: centred already, singular values √18 and √2, in the ratio 3 to 1.
    let x = Tensor([3, 0, -3, 0, 0, 1, 0, -1] as [Float], shape: [4, 2])
    let rank = try RepresentationRank(of: x)
    let expected = exp(-(0.75 * log(0.75) + 0.25 * log(0.25)))
    #expect(abs(rank.effectiveRank - expected) < 1e-12)
    #expect(abs(rank.rankMe - expected) < 1e-6)
    #expect(rank.rankMe != rank.effectiveRank)  // ε
    #expect(
      abs(rank.meanStandardDeviation - (4.5.squareRoot() + 0.5.squareRoot()) / 2) < 1e-12)
  }

  @Test(arguments: [1, 2, 5, 16]) func orthonormalDirectionsCountInFull(_ k: Int) throws {
    // ±eᵢ in 16 dimensions, all of equal length.
    let values = (0..<2 * k * 16).map { i -> Float in
      let (row, column) = (i / 16, i % 16)
      return row / 2 == column ? (row % 2 == 0 ? 1 : -1) : 0
    }
    let rank = try RepresentationRank(of: Tensor(values, shape: [2 * k, 16]))
    #expect(abs(rank.effectiveRank - Double(k)) < 1e-9)
    #expect(abs(rank.rankMe - Double(k)) < 1e-3)
  }

  @Test func anOffsetIsNoDirectionOnceCentred() throws {
    var random = RandomSource(seed: 1)
    let x = Tensor.normal([200, 6], dtype: .float64, using: &random)
    let (plain, offset) = try (RepresentationRank(of: x), RepresentationRank(of: x + 1000))
    #expect(abs(plain.effectiveRank - offset.effectiveRank) < 1e-8)
    #expect(abs(plain.meanStandardDeviation - offset.meanStandardDeviation) < 1e-10)
    #expect(plain.rankMe > 5.5 && offset.rankMe < 1.1)
  }

  @Test func scaleAndRotationDoNotMatter() throws {
    var random = RandomSource(seed: 2)
    let x = Tensor.normal([50, 4], dtype: .float64, using: &random)
    let q = try LinearAlgebra.svd(.normal([4, 4], dtype: .float64, using: &random)).u
    let (plain, moved) = try (
      RepresentationRank(of: x), RepresentationRank(of: matmul(x, q) * 1e-6)
    )
    #expect(abs(plain.rankMe - moved.rankMe) < 1e-9)
    #expect(abs(plain.effectiveRank - moved.effectiveRank) < 1e-9)
  }

  @Test func collapseIsSeen() throws {
    let equal = try RepresentationRank(of: .full([100, 8], 0.1))
    #expect(equal.effectiveRank == 0 && equal.meanStandardDeviation < 1e-12)
    #expect(abs(equal.rankMe - 1) < 1e-4)
    let zero = try RepresentationRank(of: .zeros([100, 8]))
    #expect(zero.effectiveRank == 0 && abs(zero.rankMe - 1) < 1e-4)
    #expect(zero.meanStandardDeviation == 0)
    let one = try RepresentationRank(of: Tensor([1, 2, 3] as [Float], shape: [1, 3]))
    #expect(one.effectiveRank == 0 && abs(one.rankMe - 1) < 1e-4)
  }

  @Test func refusesNothingAndNaN() {
    #expect(throws: EvaluationError.empty("features")) {
      try RepresentationRank(of: .zeros([0, 3]))
    }
    #expect(throws: EvaluationError.notFinite("features")) {
      try RepresentationRank(of: .full([2, 2], .nan))
    }
  }
}
