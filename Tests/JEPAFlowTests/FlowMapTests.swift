import Foundation
import JEPAFlow
import JEPATensor
import JEPATestSupport
import Testing

/// The flow as an invertible map.
@Suite struct FlowMapTests {
  @Test(arguments: FlowKind.allCases, [1, 2, 5, 8])
  func inverseUndoesForward(_ kind: FlowKind, _ width: Int) {
    let prediction = kind.head(context: 3, target: width)(normal([6, 3], 1))
    let y = normal([6, width], 2) * 3  // beyond the splines' tails too
    let (z, logDeterminant) = prediction.forward(y)
    let (back, inverseLogDeterminant) = prediction.inverse(z)
    // Splines and triangles magnify rounding, more so on processors without fused multiply-add.
    expectClose(back, y, absolute: 1e-9, relative: 1e-9)
    expectClose(inverseLogDeterminant, -logDeterminant, absolute: 1e-9, relative: 1e-9)
  }

  /// Three axes: every layer is what the layer alone would give.
  @Test(arguments: FlowKind.allCases)
  func inverseOfSeveralDraws(_ kind: FlowKind) {
    let prediction = kind.head(context: 2, target: 3)(normal([4, 2], 1))
    let z = normal([5, 4, 3], 2)
    let (y, logDeterminant) = prediction.inverse(z)
    #expect(y.shape == [5, 4, 3] && logDeterminant.shape == [5, 4])
    for draw in 0..<5 {
      let alone = prediction.inverse(z.slice(axis: 0, draw..<draw + 1).reshaped([4, 3]))
      expectClose(
        y.slice(axis: 0, draw..<draw + 1).reshaped([4, 3]), alone.y, absolute: 1e-12,
        relative: 1e-12)
      expectClose(
        logDeterminant.slice(axis: 0, draw..<draw + 1).reshaped([4]), alone.logDeterminant,
        absolute: 1e-12, relative: 1e-12)
    }
  }

  /// log |det| against that of the Jacobian by central differences.
  @Test(arguments: FlowKind.allCases, [(0, 1), (3, 1), (0, 4), (3, 5)])
  func logDeterminantIsThatOfTheJacobian(_ kind: FlowKind, _ sizes: (Int, Int)) {
    let (contextWidth, width) = sizes
    let prediction = kind.head(context: contextWidth, target: width)(normal([1, contextWidth], 1))
    let y = normal([1, width], 2).doubles()
    let step = 1e-5
    let columns = (0..<width).map { j -> [Double] in
      func moved(_ by: Double) -> [Double] {
        var point = y
        point[j] += by
        return prediction.forward(Tensor(point, shape: [1, width])).z.doubles()
      }
      return zip(moved(step), moved(-step)).map { ($0 - $1) / (2 * step) }
    }
    let exact = prediction.forward(Tensor(y, shape: [1, width])).logDeterminant.item()
    #expect(abs(log(abs(determinant(columns))) - exact) < 1e-6)
  }

  /// With learned triangles the map mixes coordinates even where couplings are the identity.
  @Test func trianglesByHand() throws {
    var options = FlowKind.affineWithTriangles.options
    options.couplings = 1
    options.conditionalAffine = false
    var random = RandomSource(seed: 1)
    var head = FlowHead(
      contextDimensions: 0, targetDimensions: 2, options: options, dtype: .float64,
      using: &random)
    // L = [1 0; 3 1], U = [e^0.5 2; 0 e^-1].
    head.steps[0].mixing?.factors = Tensor([0.5, 2, 3, -1], shape: [2, 2])
    head.steps[0].norm.logScale = Tensor([0.25, 0], shape: [2])
    head.steps[0].norm.shift = Tensor([1.0, -1], shape: [2])
    let (z, logDeterminant) = head(.zeros([1, 0], dtype: .float64)).forward(
      Tensor([0.5, 2], shape: [1, 2]))
    let (a, b) = (0.5 * exp(0.25) + 1, 1.0)
    let (u, v) = (exp(0.5) * a + 2 * b, exp(-1) * b)
    expectClose(z.doubles(), [u, 3 * u + v], relative: 1e-13)
    expectClose([logDeterminant.item()], [0.25 + 0.5 - 1], relative: 1e-13)
  }

  /// By Gaussian elimination with pivots.
  private func determinant(_ rows: [[Double]]) -> Double {
    var a = rows
    var result = 1.0
    for k in a.indices {
      let pivot = (k..<a.count).max { abs(a[$0][k]) < abs(a[$1][k]) } ?? k
      if pivot != k {
        a.swapAt(pivot, k)
        result = -result
      }
      result *= a[k][k]
      for i in (k + 1)..<max(a.count, k + 1) {
        let factor = a[i][k] / a[k][k]
        for j in a.indices { a[i][j] -= factor * a[k][j] }
      }
    }
    return result
  }

  /// Targets far outside, in float32 and with weights far from their start.
  @Test(arguments: FlowKind.allCases, [1.0, 1e2, 1e4])
  func farTargetsStayFinite(_ kind: FlowKind, _ size: Double) {
    var head = kind.head(context: 3, target: 5, dtype: .float32)
    head.forEachParameter { name, tensor, _ in if name.hasSuffix("weight") { tensor = tensor * 5 } }
    let context = normal([16, 3], 1, dtype: .float32)
    let y = normal([16, 5], 2, dtype: .float32) * size
    let (loss, gradients) = valueAndGradients(of: head) {
      -$0(context).logDensity(of: y).mean()
    }
    #expect(loss.isFinite)
    #expect(gradients.firstNotFinite == nil)
  }
}
