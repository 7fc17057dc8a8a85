import Foundation
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct ModulationTests {
  private struct Inputs {
    var h, update, context, time: Tensor
    var rows: [Int32]

    init(_ n: Int, _ k: Int, _ w: Int) {
      var random = RandomSource(seed: UInt64(100 * n + 10 * k + w))
      h = .roundedNormal([n, k, w], using: &random)
      update = .roundedNormal([n, k, w], using: &random)
      context = .roundedNormal([n, 3 * w], using: &random)
      time = .roundedNormal([4, 3 * w], using: &random)
      rows = (0..<n * k).map { _ in Int32(random.integer(below: 4)) }
    }
  }

  /// One part by operators of their own: [N, K, W], or repeated along N and K.
  private static func part(
    _ index: Int, _ h: Tensor, _ context: Tensor?, _ time: Tensor, _ rows: [Int32]?
  ) -> Tensor {
    let (n, k, w) = (h.shape[0], h.shape[1], h.shape[2])
    let range = index * w..<(index + 1) * w
    let late =
      rows.map { time.slice(axis: 1, range).gatherRows($0).reshaped([n, k, w]) }
      ?? time.slice(axis: 1, range).slice(axis: 0, 0..<1).reshaped([1, 1, w])
    return context.map { $0.slice(axis: 1, range).reshaped([n, 1, w]) + late } ?? late
  }

  @Test(arguments: [(3, 2, 5), (1, 1, 1), (4, 3, 16), (2, 1, 67), (0, 2, 4), (3, 0, 4)])
  func agreesWithItsParts(_ n: Int, _ k: Int, _ w: Int) {
    let inputs = Inputs(n, k, w)
    for hasContext in [true, false] {
      for rows in [inputs.rows, nil] {
        let context = hasContext ? inputs.context : nil
        func part(_ index: Int) -> Tensor {
          Self.part(index, inputs.h, context, inputs.time, rows)
        }
        let normalized =
          inputs.h.layerNorm(epsilon: 1e-5) * (part(1) + 1.0) + part(0)
        let gated = inputs.h + part(2) * inputs.update
        for dtype in DType.allCases {
          let wide = dtype.accumulation
          let narrow = ModulationParts(
            context: context?.cast(to: wide), time: inputs.time.cast(to: wide), timeRows: rows)
          let h = inputs.h.cast(to: wide)
          let result = h.modulatedLayerNorm(narrow, epsilon: 1e-5, outputType: dtype)
          #expect(result.dtype == dtype)
          expectClose(result, normalized, ofLargest: 40 * dtype.ulp, "\(dtype), normalized")
          let sum = h.addingGated(inputs.update.cast(to: dtype), narrow)
          #expect(sum.dtype == wide)
          expectClose(sum, gated, ofLargest: 40 * wide.ulp, "\(dtype), gated")
        }
      }
    }
  }

  @Test(arguments: [(3, 2, 5), (1, 1, 2), (2, 3, 9)])
  func gradients(_ n: Int, _ k: Int, _ w: Int) {
    let inputs = Inputs(n, k, w)
    let all = [inputs.h, inputs.update, inputs.time, inputs.context]
    gradientCheck(at: all, tolerance: 1e-6, "with context") {
      let parts = ModulationParts(context: $0[3], time: $0[2], timeRows: inputs.rows)
      return $0[0].modulatedLayerNorm(parts, epsilon: 1e-5, outputType: .float64)
        + $0[0].addingGated($0[1], parts)
    }
    gradientCheck(at: Array(all.prefix(3)), tolerance: 1e-6, "one time") {
      let parts = ModulationParts(context: nil, time: $0[2], timeRows: nil)
      return $0[0].modulatedLayerNorm(parts, epsilon: 1e-5, outputType: .float64)
        + $0[0].addingGated($0[1], parts)
    }
  }
}
