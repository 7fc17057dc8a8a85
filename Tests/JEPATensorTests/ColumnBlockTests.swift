import Foundation
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct ColumnBlockTests {
  private static func block(_ values: Tensor, columns: Int) -> ColumnBlock {
    let block = ColumnBlock(rows: values.shape[0], columns: columns, dtype: values.dtype)
    block.setRows(from: 0, values)
    return block
  }

  /// Every number of rows and width of columns that has a loop of its own.
  @Test(arguments: [DType.float32, .float64], [32, 64, 128, 160])
  func product(_ dtype: DType, _ columns: Int) {
    var random = RandomSource(seed: 4)
    let x = Tensor.normal([20, columns], dtype: .float64, using: &random)
    let weight = Tensor.normal([17, 25], dtype: .float64, using: &random)
    let bias = Tensor.normal([17], dtype: .float64, using: &random)
    let source = Self.block(x.cast(to: dtype), columns: columns)
    for (rows, depth, start) in [(15, 18, 2), (8, 0, 0), (3, 7, 13), (0, 5, 1), (1, 20, 0)] {
      for bias in [bias, nil] {
        let result = ColumnBlock(rows: 17, columns: columns, dtype: dtype)
        result.setProduct(
          rows: 1..<1 + rows, weight: weight.cast(to: dtype), weightRow: 17 - rows - 1,
          bias: bias?.cast(to: dtype), depth: depth, of: source, from: start)
        let part = weight.slice(axis: 0, 16 - rows..<16).slice(axis: 1, 0..<depth)
        var expected = Naive.matmul(
          Naive(part), Naive(x.slice(axis: 0, start..<start + depth))
        ).tensor
        if let bias {
          expected = expected + bias.slice(axis: 0, 16 - rows..<16).expanded(axis: 1)
        }
        let whole = result.tensor(rows: 0..<17, columns: columns)
        expectClose(
          whole.slice(axis: 0, 1..<1 + rows), expected, ofLargest: dtype == .float32 ? 2e-6 : 1e-14,
          atLeast: 1, "\(rows) rows, depth \(depth)")
        #expect(whole.slice(axis: 0, 1 + rows..<17).doubles().allSatisfy { $0 == 0 })
      }
    }
  }

  @Test(arguments: Activation.allCases)
  func activated(_ activation: Activation) {
    var random = RandomSource(seed: 5)
    let x = Tensor.normal([3, 32], using: &random)
    let residual = Tensor.normal([7, 32], using: &random)
    let result = ColumnBlock(rows: 7, columns: 32, dtype: .float32)
    result.setActivated(
      rows: 2..<5, activation, of: Self.block(x, columns: 32),
      adding: Self.block(residual, columns: 32))
    expectSameBits(
      result.tensor(rows: 2..<5, columns: 32),
      activation(x) + residual.slice(axis: 0, 2..<5))
    result.setActivated(
      rows: 2..<5, activation, of: Self.block(x, columns: 32), adding: nil)
    expectSameBits(result.tensor(rows: 2..<5, columns: 31), activation(x).slice(axis: 1, 0..<31))
  }

  @Test(arguments: [DType.float32, .float64])
  func bounded(_ dtype: DType) {
    var random = RandomSource(seed: 8)
    let x = Tensor.normal([1, 32], dtype: dtype, using: &random) * 20
    let result = ColumnBlock(rows: 3, columns: 32, dtype: dtype)
    result.setBounded(row: 1, 4, of: Self.block(x, columns: 32), row: 0)
    expectClose(
      result.tensor(rows: 1..<2, columns: 32).doubles(), x.doubles().map { 4 * tanh($0 / 4) },
      relative: 1e-6)
    #expect(result.tensor(rows: 2..<3, columns: 32).doubles().allSatisfy { $0 == 0 })
  }

  /// The words are those of Philox, and parts follow one another.
  @Test(arguments: [DType.float32, .float64])
  func uniform(_ dtype: DType) {
    let block = ColumnBlock(rows: 2, columns: 32, dtype: dtype)
    for index in [0, 3] {
      block.setUniform(key: 0x1234_5678_9ABC_DEF0, index: index)
      let words = (0..<16).flatMap { i -> [UInt32] in
        let (a, b) = Philox.block(
          key: 0x1234_5678_9ABC_DEF0, counter: UInt64(index * 16 + i), stream: 0)
        return [a, a >> 32, b, b >> 32].map { UInt32(truncatingIfNeeded: $0) }
      }
      let expected = words.map {
        dtype == .float32
          ? (Double($0 >> 9) + 0.5) * 0x1p-23 : (Double($0) + 0.5) * 0x1p-32
      }
      #expect(block.tensor(rows: 0..<2, columns: 32).doubles() == expected)
    }
  }

  /// Two components, one always chosen by its weight: draws are the quantiles of the other uniform.
  @Test(arguments: MixtureComponent.allCases, [DType.float32, .float64])
  func quantiles(_ component: MixtureComponent, _ dtype: DType) {
    let uniform = ColumnBlock(rows: 2, columns: 1024, dtype: dtype)
    uniform.setUniform(key: 77, index: 0)
    let extremes = Tensor([0x1p-24, 1 - 0x1p-24, 0.5, 0.074, 0.076, 0.926], shape: [1, 6])
    uniform.setRows(from: 1, extremes.cast(to: dtype))
    let parameters = Tensor.stacked(
      [-200.0, 0, 5, 1, 3, log(2 - 0.5)].map { .full([1024], $0, dtype: dtype) })
    let result = ColumnBlock(rows: 1, columns: 1024, dtype: dtype)
    let means = ColumnBlock(rows: 1, columns: 1024, dtype: dtype)
    result.setDraws(
      row: 0, parameters: Self.block(parameters, columns: 1024), component: component,
      minimumScale: 0.5, uniform: uniform, shift: nil, means: (means, 0))
    let levels = uniform.tensor(rows: 1..<2, columns: 1024).doubles()
    let expected = levels.map { u -> Double in
      switch component {
      case .gaussian: 1 + 2 * NormalDistribution.quantile(u)
      case .logistic: 1 + 2 * log(u / (1 - u))
      case .laplace: 1 + 2 * (u < 0.5 ? log(2 * u) : -log(2 * (1 - u)))
      }
    }
    expectClose(
      result.tensor(rows: 0..<1, columns: 1024).doubles(), expected, absolute: 2e-6, relative: 2e-6)
    expectClose(
      means.tensor(rows: 0..<1, columns: 1024).doubles(), [Double](repeating: 1, count: 1024),
      relative: 1e-6)
  }

  /// The first uniform number chooses among components of weights 1 : 2 : 1, in their order.
  @Test func choice() {
    let uniform = ColumnBlock(rows: 2, columns: 32, dtype: .float64)
    let picks = (0..<32).map { (Double($0) + 0.5) / 32 }
    uniform.setRows(
      from: 0, Tensor(picks + [Double](repeating: 0.5, count: 32), shape: [2, 32]))
    let parameters = Tensor.stacked(
      [0, log(2.0), 0, 10, 20, 30, 0, 0, 0].map { .full([32], $0, dtype: .float64) })
    let shift = Self.block(.full([1, 32], 100, dtype: .float64), columns: 32)
    let (result, means) = (
      ColumnBlock(rows: 2, columns: 32, dtype: .float64),
      ColumnBlock(rows: 2, columns: 32, dtype: .float64)
    )
    result.setDraws(
      row: 1, parameters: Self.block(parameters, columns: 32), component: .gaussian,
      minimumScale: 1e-3, uniform: uniform, shift: shift, means: (means, 1))
    expectClose(
      result.tensor(rows: 1..<2, columns: 32).doubles(),
      picks.map { $0 < 0.25 ? 110 : $0 < 0.75 ? 120 : 130 }, relative: 1e-14)
    expectClose(
      means.tensor(rows: 1..<2, columns: 32).doubles(), [Double](repeating: 120, count: 32),
      relative: 1e-14)
  }
}
