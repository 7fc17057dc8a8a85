import JEPATestSupport
import Testing

@testable import JEPATensor

/// Products of bfloat16 operands that are widened to float32, beside their naive twin. They run on every processor
/// here, also where oneDNN has bfloat16 products of its own.
@Suite struct WidenedProductTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var batch = 1
    var rows: Int
    var columns: Int
    var depth: Int
    var transposeA = false
    var transposeB = false
    var outputType = DType.bfloat16
    var hasBias = false
    var accumulates = false

    var testDescription: String {
      "\(batch) × [\(rows), \(depth)]\(transposeA ? "ᵀ" : "") [\(depth), \(columns)]"
        + "\(transposeB ? "ᵀ" : "") in \(outputType)\(hasBias ? " with bias" : "")"
        + (accumulates ? " added" : "")
    }

    var product: MatrixProduct {
      MatrixProduct(
        batch: batch, rows: rows, columns: columns, depth: depth, transposeA: transposeA,
        transposeB: transposeB, dtype: .bfloat16, outputType: outputType, hasBias: hasBias,
        accumulates: accumulates)
    }
  }

  /// Single entries, odd sizes, several chunks of either axis, batches.
  static let cases: [Case] = {
    let sizes = [(1, 1, 1), (3, 5, 7), (70, 33, 65), (1100, 96, 200), (40, 24, 2500)]
    var cases: [Case] = []
    for (rows, columns, depth) in sizes {
      for (transposeA, transposeB) in [(false, false), (false, true), (true, false), (true, true)] {
        let plain = Case(
          rows: rows, columns: columns, depth: depth, transposeA: transposeA,
          transposeB: transposeB)
        cases.append(plain)
        var other = plain
        (other.outputType, other.hasBias) = (.float32, true)
        cases.append(other)
        other = plain
        (other.outputType, other.accumulates) = (.float32, true)
        cases.append(other)
        other.outputType = .bfloat16
        cases.append(other)
        other = plain
        other.batch = 3
        cases.append(other)
      }
    }
    return cases
  }()

  @Test(arguments: cases) func isTheNaiveProduct(_ testCase: Case) {
    let product = testCase.product
    var random = RandomSource(seed: 7)
    func normal(_ shape: [Int], _ dtype: DType) -> Tensor {
      Tensor.normal(shape, dtype: .float64, using: &random).cast(to: dtype)
    }
    let (b, m, n, k) = (testCase.batch, testCase.rows, testCase.columns, testCase.depth)
    let x = normal(testCase.transposeA ? [b, k, m] : [b, m, k], .bfloat16)
    let y = normal(testCase.transposeB ? [b, n, k] : [b, k, n], .bfloat16)
    let bias = normal([n], .float32)
    let before = normal([b, m, n], testCase.outputType)

    let expected = (0..<b).map { index -> Tensor in
      func part(_ t: Tensor) -> Tensor {
        t.cast(to: .float64).slice(axis: 0, index..<index + 1).reshaped(Array(t.shape.dropFirst()))
      }
      var result = matmul(
        part(x), part(y), transposeA: testCase.transposeA, transposeB: testCase.transposeB)
      if testCase.hasBias { result = result + bias.cast(to: .float64).broadcast(to: [m, n]) }
      if testCase.accumulates { result = result + part(before) }
      return result.reshaped([1, m, n])
    }
    // Sums of k products in float32, and one rounding of the result. float64 products are OpenBLAS's.
    let tolerance = testCase.outputType == .bfloat16 ? 1.0 / 256 : 1e-5
    for widens in [true, false] {
      var result = before
      result.withUnsafeMutableBytes { _ in }  // its own storage
      let bias = testCase.hasBias ? bias.pointer : nil
      if widens {
        product.runWidened(x.pointer, y.pointer, bias: bias, into: result.pointer)
      } else {
        product.run(x.pointer, y.pointer, bias: bias, into: result.pointer)
      }
      expectClose(
        result, Tensor.concatenated(expected, axis: 0),
        absolute: tolerance * Double(k).squareRoot(),
        relative: tolerance)
    }
  }

  /// Rounding of operands is the only difference from float32, so that exact numbers give exact products.
  @Test func smallWholeNumbersAreExact() {
    let x = Tensor((0..<600).map { Float($0 % 7) - 3 }, shape: [200, 3]).cast(to: .bfloat16)
    let w = Tensor((0..<15).map { Float($0 % 4) }, shape: [5, 3]).cast(to: .bfloat16)
    let exact = matmul(x.cast(to: .float64), w.cast(to: .float64), transposeB: true)
    #expect(linear(x, weight: w, bias: nil).doubles() == exact.doubles())
  }
}
