import Foundation
import JEPATensor
import JEPATestSupport
import Testing

/// bfloat16 activations come from tables, which must hold what computing in float32 gives, rounded; those
/// that have cubics beside them what float64 gives, to one unit in the last place. (GELU in float32 has a
/// small absolute error, which is a large relative one far to the left.)
@Suite struct BFloat16TableTests {
  static let functions: [(name: String, units: Int, apply: @Sendable (Tensor) -> Tensor)] = [
    ("gelu", 1, { $0.gelu() }), ("silu", 1, { $0.silu() }), ("tanh", 0, { $0.tanh() }),
    ("sigmoid", 0, { $0.sigmoid() }), ("softplus", 0, { $0.softplus() }),
  ]

  /// Whether a and b, both bfloat16, are so many numbers apart at most. Below the normal numbers all
  /// count as zero.
  private static func agree(_ a: Float, _ b: Float, units: Int) -> Bool {
    if a == b || (a.isNaN && b.isNaN) { return true }
    if units == 0 { return false }
    if max(abs(a), abs(b)) < 2 * Float.leastNormalMagnitude { return true }
    return abs(Int(a.bitPattern >> 16) - Int(b.bitPattern >> 16)) <= units
  }

  /// All 65,536, NaNs of every kind among them.
  private static let every = Tensor(shape: [1 << 16], dtype: .bfloat16) { bytes in
    for word in 0..<(1 << 16) {
      bytes.storeBytes(of: UInt16(word), toByteOffset: 2 * word, as: UInt16.self)
    }
  }

  /// What a function is compared with.
  private static func reference(_ units: Int) -> DType { units == 0 ? .float32 : .float64 }

  @Test(arguments: functions.indices)
  func valuesAreThoseRounded(_ index: Int) {
    let (name, units, apply) = Self.functions[index]
    let looked = apply(Self.every).floats()
    let computed = apply(Self.every.cast(to: Self.reference(units))).cast(to: .bfloat16).floats()
    for (x, (a, b)) in zip(Self.every.floats(), zip(looked, computed)) {
      #expect(Self.agree(a, b, units: units), "\(name)(\(x)) is \(a), computed \(b)")
    }
  }

  @Test(arguments: functions.indices)
  func slopesAreThoseRounded(_ index: Int) {
    let (name, units, apply) = Self.functions[index]
    let upstream = Tensor.full(Self.every.shape, 1.5, dtype: .bfloat16)
    let looked = valueAndGradients(at: [Self.every], upstream: upstream) { apply($0[0]) }
    let type = Self.reference(units)
    let computed = valueAndGradients(
      at: [Self.every.cast(to: type)], upstream: upstream.cast(to: type)
    ) { apply($0[0]) }
    let a = looked.gradients[0]?.floats() ?? []
    let b = computed.gradients[0]?.cast(to: .bfloat16).floats() ?? []
    #expect(a.count == 1 << 16)
    for (x, (left, right)) in zip(Self.every.floats(), zip(a, b)) {
      // A slope passes through zero, where only the absolute error is small.
      #expect(
        Self.agree(left, right, units: units) || (units > 0 && abs(left - right) < 1e-4),
        "slope of \(name) at \(x) is \(left), computed \(right)")
    }
  }
}
