import JEPATestSupport
import Testing

@testable import JEPATensor

/// What a bfloat16 activation or norm gives is not kept for the products that follow, but made again.
@Suite struct RemadeValuesTests {
  static let operations: [(name: String, apply: @Sendable (Tensor) -> Tensor)] = [
    ("gelu", { $0.cast(to: .bfloat16).gelu() }),
    ("silu", { $0.cast(to: .bfloat16).silu() }),
    (
      "layerNorm",
      {
        $0.layerNorm(
          weight: .range(24) * 0.1, bias: .range(24) * -0.2, epsilon: 1e-6, outputType: .bfloat16)
      }
    ),
    (
      "modulatedLayerNorm",
      {
        let parts = ModulationParts(
          context: nil, time: .range(48).reshaped([1, 48]) * 0.02, timeRows: nil)
        return $0.reshaped([10, 1, 24])
          .modulatedLayerNorm(parts, epsilon: 1e-6, outputType: .bfloat16)
      }
    ),
  ]

  private static func operands() -> (x: Tensor, weight: Tensor) {
    var random = RandomSource(seed: 5)
    let x = Tensor.normal([10, 24], using: &random)
    return (x, Tensor.normal([7, 24], using: &random).cast(to: .bfloat16))
  }

  @Test(arguments: operations.indices)
  func gradientsAreThoseOfKeptValues(_ index: Int) throws {
    let (x, weight) = Self.operands()
    let apply = Self.operations[index].apply
    let remade = valueAndGradients(at: [x, weight]) {
      linear(apply($0[0]), weight: $0[1], bias: nil)
    }
    // Where two graphs meet between them, the product keeps its operand.
    let kept = apply(x)
    let product = valueAndGradients(at: [kept, weight]) {
      linear($0[0], weight: $0[1], bias: nil)
    }
    let activation = valueAndGradients(at: [x], upstream: product.gradients[0]) { apply($0[0]) }
    #expect(remade.value.floats() == product.value.floats())
    let weights = try #require(remade.gradients[1])
    #expect(try weights.floats() == #require(product.gradients[1]).floats())
    let inputs = try #require(remade.gradients[0])
    #expect(try inputs.floats() == #require(activation.gradients[0]).floats())
  }

  @Test(arguments: operations.indices)
  func valuesAreFreedAfterTheForwardPass(_ index: Int) {
    let (x, weight) = Self.operands()
    weak var storage: Storage?
    func product(_ operands: [Tensor]) -> Tensor {
      let values = Self.operations[index].apply(operands[0])
      storage = values.storage
      return linear(values, weight: operands[1], bias: nil)
    }
    _ = valueAndGradients(at: [x, weight]) { operands in
      let result = product(operands)
      #expect(storage == nil, "\(Self.operations[index].name)")
      return result
    }
  }

  @Test func float32ValuesAreKept() {
    let (x, weight) = Self.operands()
    _ = valueAndGradients(at: [x, weight.cast(to: .float32)]) { operands in
      weak var storage: Storage?
      func product() -> Tensor {
        let values = operands[0].gelu()
        storage = values.storage
        return linear(values, weight: operands[1], bias: nil)
      }
      let result = product()
      #expect(storage != nil)
      return result
    }
  }
}
