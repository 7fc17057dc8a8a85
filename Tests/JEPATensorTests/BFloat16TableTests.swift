import Foundation
import JEPATensor
import TestSupport
import Testing

/// bfloat16 activations come from tables; those must hold what computing in float32 gives, rounded.
@Suite struct BFloat16TableTests {
  static let functions: [(name: String, apply: @Sendable (Tensor) -> Tensor)] = [
    ("gelu", { $0.gelu() }), ("silu", { $0.silu() }), ("tanh", { $0.tanh() }),
    ("sigmoid", { $0.sigmoid() }), ("softplus", { $0.softplus() }),
  ]

  /// All 65,536, NaNs of every kind among them.
  private static let every = Tensor(shape: [1 << 16], dtype: .bfloat16) { bytes in
    for word in 0..<(1 << 16) {
      bytes.storeBytes(of: UInt16(word), toByteOffset: 2 * word, as: UInt16.self)
    }
  }

  @Test(arguments: functions.indices)
  func valuesAreThoseOfFloat32Rounded(_ index: Int) {
    let (name, apply) = Self.functions[index]
    let looked = apply(Self.every).floats()
    let computed = apply(Self.every.cast(to: .float32)).cast(to: .bfloat16).floats()
    for (x, (a, b)) in zip(Self.every.floats(), zip(looked, computed)) {
      #expect(a == b || (a.isNaN && b.isNaN), "\(name)(\(x)) is \(a), computed \(b)")
    }
  }

  @Test(arguments: functions.indices)
  func slopesAreThoseOfFloat32Rounded(_ index: Int) {
    let (name, apply) = Self.functions[index]
    let upstream = Tensor.full(Self.every.shape, 1.5, dtype: .bfloat16)
    let looked = valueAndGradients(at: [Self.every], upstream: upstream) { apply($0[0]) }
    let computed = valueAndGradients(
      at: [Self.every.cast(to: .float32)], upstream: upstream.cast(to: .float32)
    ) { apply($0[0]) }
    let a = looked.gradients[0]?.floats() ?? []
    let b = computed.gradients[0]?.cast(to: .bfloat16).floats() ?? []
    #expect(a.count == 1 << 16)
    for (x, (left, right)) in zip(Self.every.floats(), zip(a, b)) {
      #expect(
        left == right || (left.isNaN && right.isNaN),
        "slope of \(name) at \(x) is \(left), computed \(right)")
    }
  }
}
