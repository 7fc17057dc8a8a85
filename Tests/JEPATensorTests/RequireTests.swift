import JEPATensor
import JEPATestSupport
import Testing

/// Mistakes of a caller end the process before memory is touched, with one line that says what was wrong, in release
/// builds too.
@Suite struct RequireTests {
  private static let a = Tensor.zeros([2, 3])
  private static let wide = Tensor.zeros([2, 3], dtype: .float64)

  @Test func valuesFillTheShape() async {
    await #expect(processExitsWith: .failure) { _ = Tensor([1, 2, 3] as [Float], shape: [2]) }
    await #expect(processExitsWith: .failure) { _ = Tensor.zeros([2, -1]) }
    await #expect(processExitsWith: .failure) { _ = Self.a.item() }
    await #expect(processExitsWith: .failure) { _ = Self.a.reshaped([4]) }
    await #expect(processExitsWith: .failure) { _ = Self.a.broadcast(to: [3]) }
  }

  @Test func shapesAgree() async {
    await #expect(processExitsWith: .failure) { _ = Self.a + Tensor.zeros([2]) }
    await #expect(processExitsWith: .failure) { _ = matmul(Self.a, Self.a) }
    await #expect(processExitsWith: .failure) {
      _ = matmul(Tensor.zeros([2, 3, 4]), Tensor.zeros([3, 4, 2]))
    }
    await #expect(processExitsWith: .failure) {
      _ = linear(Self.a, weight: Tensor.zeros([4, 2]), bias: nil)
    }
    await #expect(processExitsWith: .failure) {
      _ = linear(Self.a, weight: Tensor.zeros([4, 3]), bias: Tensor.zeros([3]))
    }
    await #expect(processExitsWith: .failure) {
      _ = Self.a.layerNorm(weight: .ones([2]), bias: .zeros([2]), epsilon: 1e-6)
    }
    await #expect(processExitsWith: .failure) { _ = Self.a.smoothL1(to: Tensor.zeros([3, 2])) }
    await #expect(processExitsWith: .failure) {
      _ = Tensor.concatenated([Self.a, Tensor.zeros([2, 4])], axis: 0)
    }
  }

  @Test func indicesAreInRange() async {
    await #expect(processExitsWith: .failure) { _ = Self.a.gatherRows([2]) }
    await #expect(processExitsWith: .failure) { _ = Self.a.gatherRows([-1]) }
    await #expect(processExitsWith: .failure) { _ = Self.a.scatterAddedRows([0, 5], count: 5) }
    await #expect(processExitsWith: .failure) { _ = Self.a.gatherColumns([0, 3]) }
    await #expect(processExitsWith: .failure) { _ = Self.a.slice(axis: 1, 2..<4) }
    await #expect(processExitsWith: .failure) { _ = Self.a.sum(axis: 2) }
    await #expect(processExitsWith: .failure) { _ = Self.a.permuted([0, 0]) }
    await #expect(processExitsWith: .failure) {
      _ = attention(qkv: Self.a, offsets: [0, 3], heads: 1)
    }
    await #expect(processExitsWith: .failure) {
      _ = attention(qkv: Self.a, offsets: [0, 2], heads: 2)
    }
  }

  @Test func typesAgree() async {
    await #expect(processExitsWith: .failure) { _ = Self.a + Self.wide }
    await #expect(processExitsWith: .failure) { _ = matmul(Self.a, Self.wide, transposeB: true) }
    await #expect(processExitsWith: .failure) {
      var layer = LayerNorm(dimensions: 2).cast(to: .bfloat16)
      layer.moveTowards(layer, momentum: 0.5)
    }
    await #expect(processExitsWith: .failure) {
      var layer = LayerNorm(dimensions: 2).cast(to: .bfloat16)
      let gradients = valueAndGradients(of: layer) { $0.weight.sum() }.gradients
      var optimizer = AdamW()
      optimizer.update(&layer, gradients: gradients, learningRate: 1, weightDecay: 0)
    }
  }

  @Test func aTensorInAGraphIsNotWrittenTo() async {
    await #expect(processExitsWith: .failure) {
      _ = valueAndGradients(at: [Self.a]) { inputs in
        var x = inputs[0]
        x.withUnsafeMutableBytes { _ in }
        return x
      }
    }
    await #expect(processExitsWith: .failure) {
      _ = valueAndGradients(at: [Self.a]) { $0[0].smoothL1(to: $0[0]) }
    }
  }

  // The line on standard error names the operator and the shapes.

  @Test func anOperatorNamesItselfAndBothShapes() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = matmul(Tensor.zeros([2, 3]), Tensor.zeros([4, 5]))
    }
    expectOneLine(
      result, "JEPATensor/Tensor+MatrixProduct.swift:", "matmul: [2, 3] by [4, 5]")
  }

  @Test func aLayerNamesInputAndWeight() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var random = RandomSource(seed: 0)
      let layer = Linear(inputDimensions: 4, outputDimensions: 2, using: &random)
      _ = layer(Tensor.zeros([2, 3]))
    }
    expectOneLine(result, "linear: input [2, 3] with weight [2, 4]")
  }

  @Test func aMessageOfSeveralLinesBecomesOne() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      require(1 + 1 == 3, "first\nsecond")
    }
    expectOneLine(result, "first second")
  }

  @Test func whatHoldsIsNotReported() {
    require(
      1 + 1 == 2,
      {
        Issue.record("the message was composed"); return ""
      }())
  }
}
