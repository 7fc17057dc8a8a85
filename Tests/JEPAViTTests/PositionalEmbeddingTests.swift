import Foundation
import JEPATensor
import JEPAViT
import JEPATestSupport
import Testing

@Suite struct PositionalEmbeddingTests {
  /// Width 4 has one frequency, 1: sin and cos of the column, then of the row.
  @Test func handValues() {
    let table = PositionalEmbedding.sineCosine(
      grid: PatchGrid(rows: 2, columns: 3), dimensions: 4, dtype: .float64)
    #expect(table.shape == [1, 6, 4])
    let expected = (0..<2).flatMap { row in
      (0..<3).flatMap { column in
        [sin(Double(column)), cos(Double(column)), sin(Double(row)), cos(Double(row))]
      }
    }
    expectClose(table.doubles(), expected, absolute: 1e-7, relative: 0)
  }

  /// Width 8: the second frequency is 1 / 10000^(1/2).
  @Test func secondFrequency() {
    let table = PositionalEmbedding.sineCosine(
      grid: PatchGrid(rows: 1, columns: 3), dimensions: 8, dtype: .float64)
    expectClose(
      Array(table.doubles()[16..<24]), [sin(2), sin(0.02), cos(2), cos(0.02), 0, 0, 1, 1],
      absolute: 1e-7, relative: 0)
  }

  @Test func agreesWithNumPy() {
    let table = PositionalEmbedding.sineCosine(
      grid: PatchGrid(rows: 3, columns: 3), dimensions: 12)
    #expect(table.dtype == .float32)
    let tokens = table.reshaped([9, 12]).gatherRows(PositionalEmbeddingGolden.sineCosineTokens)
    expectClose(
      tokens.doubles(), PositionalEmbeddingGolden.sineCosine.map { Double(Float($0)) },
      absolute: 0, relative: 1e-7)
  }

  /// The reference keeps positions in float32; in float64 they are the same numbers.
  @Test func float64HoldsRoundedValues() {
    let grid = PatchGrid(rows: 4, columns: 5)
    let single = PositionalEmbedding.sineCosine(grid: grid, dimensions: 16)
    let double = PositionalEmbedding.sineCosine(grid: grid, dimensions: 16, dtype: .float64)
    expectSameBits(single.cast(to: .float64), double)
  }

  @Test(arguments: [
    (PatchGrid(rows: 4, columns: 4), PatchGrid(rows: 6, columns: 6)),
    (PatchGrid(rows: 4, columns: 4), PatchGrid(rows: 5, columns: 3)),
    (PatchGrid(rows: 5, columns: 3), PatchGrid(rows: 2, columns: 7)),
  ])
  func interpolatesAsPyTorch(_ from: PatchGrid, _ to: PatchGrid) throws {
    let expected = try #require(
      [
        "4×4 6×6": PositionalEmbeddingGolden.from4x4to6x6,
        "4×4 5×3": PositionalEmbeddingGolden.from4x4to5x3,
        "5×3 2×7": PositionalEmbeddingGolden.from5x3to2x7,
      ]["\(from) \(to)"])
    let samples = Tensor(
      (0..<from.count * 2).map { Double(7 * $0 % 11) / 4 - 1 }, shape: [1, from.count, 2])
    let result = PositionalEmbedding.interpolated(samples, from: from, to: to)
    #expect(result.shape == [1, to.count, 2])
    expectClose(result.doubles(), expected, absolute: 1e-13, relative: 1e-13)
    let single = PositionalEmbedding.interpolated(samples.cast(to: .float32), from: from, to: to)
    expectClose(single.doubles(), expected, absolute: 1e-5, relative: 0)
  }

  @Test func interpolationKeepsItsOwnGridAndConstants() {
    let grid = PatchGrid(rows: 3, columns: 5)
    let table = PositionalEmbedding.sineCosine(grid: grid, dimensions: 8)
    expectSameBits(PositionalEmbedding.interpolated(table, from: grid, to: grid), table)
    let constant = Tensor.full([1, 15, 4], 0.7, dtype: .float64)
    let larger = PositionalEmbedding.interpolated(
      constant, from: grid, to: PatchGrid(rows: 8, columns: 2))
    expectClose(larger, .full([1, 16, 4], 0.7, dtype: .float64), relative: 1e-14)
  }

  /// Interpolating a transposed grid gives the transposed result.
  @Test func interpolationTreatsAxesAlike() {
    var random = RandomSource(seed: 5)
    let samples = Tensor.normal([1, 12, 2], dtype: .float64, using: &random)
    let flipped = samples.reshaped([3, 4, 2]).permuted([1, 0, 2]).reshaped([1, 12, 2])
    let straight = PositionalEmbedding.interpolated(
      samples, from: PatchGrid(rows: 3, columns: 4), to: PatchGrid(rows: 7, columns: 5))
    let turned = PositionalEmbedding.interpolated(
      flipped, from: PatchGrid(rows: 4, columns: 3), to: PatchGrid(rows: 5, columns: 7))
    expectClose(
      turned.reshaped([5, 7, 2]).permuted([1, 0, 2]).reshaped([1, 35, 2]), straight,
      absolute: 1e-14, relative: 1e-13)
  }
}
