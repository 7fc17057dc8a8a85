import Foundation
import JEPATensor
import JEPATestSupport
import Testing

/// The float32 functions are our own (they vectorise); Foundation's in double are the reference.
@Suite struct MathAccuracyTests {
  struct Function: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var apply: @Sendable (Tensor) -> Tensor
    var exact: @Sendable (Double) -> Double
    /// Error allowed, in units in the last place of the exact result.
    var ulps: Double
    /// Error allowed besides, in units of the smallest normal number: below it a result may be
    /// rounded away.
    var floor = 0.0
    /// Error allowed besides, as a part of the input.
    var ofInput = 0.0
    var range = -Double.infinity...Double.infinity
  }

  static let functions: [Function] = [
    Function(testDescription: "exp", apply: { $0.exp() }, exact: { exp($0) }, ulps: 2),
    Function(testDescription: "log", apply: { $0.log() }, exact: { log($0) }, ulps: 2),
    Function(testDescription: "tanh", apply: { $0.tanh() }, exact: { tanh($0) }, ulps: 3),
    Function(
      testDescription: "sigmoid", apply: { $0.sigmoid() }, exact: Naive.sigmoid, ulps: 4, floor: 1),
    Function(testDescription: "softplus", apply: { $0.softplus() }, exact: Naive.softplus, ulps: 4),
    Function(
      testDescription: "silu", apply: { $0.silu() }, exact: { $0 * Naive.sigmoid($0) }, ulps: 5,
      floor: 100),
    // Φ has an absolute error, as x (1 + erf(x / √2)) / 2 has in float32.
    Function(
      testDescription: "gelu, near", apply: { $0.gelu() }, exact: Naive.gelu, ulps: 12,
      range: -1...1e30),
    Function(
      testDescription: "gelu, left", apply: { $0.gelu() }, exact: Naive.gelu, ulps: 0,
      ofInput: 2.5e-7, range: -5.6 ... -1),
    Function(
      testDescription: "gelu, far left", apply: { $0.gelu() }, exact: Naive.gelu, ulps: 0,
      ofInput: 1.1e-8, range: -1e30 ... -5.6001),
    Function(
      testDescription: "sin", apply: { $0.sin() }, exact: { sin($0) }, ulps: 1, range: -1e6...1e6),
    Function(
      testDescription: "cos", apply: { $0.cos() }, exact: { cos($0) }, ulps: 1, range: -1e6...1e6),
    Function(
      testDescription: "squareRoot", apply: { $0.squareRoot() }, exact: { $0.squareRoot() },
      ulps: 0.5001),
  ]

  /// Every 4,099th float of all, so that subnormals, infinities and NaN are among them.
  static let everywhere: [Float] = stride(from: UInt64(0), to: 1 << 32, by: 4099).map {
    Float(bitPattern: UInt32($0))
  }
  /// A dense grid where the functions bend.
  static let dense: [Float] = (-400_000...400_000).map { Float($0) * 0.00025 }
  static let special: [Float] = [
    .infinity, -.infinity, .nan, 0, -0, .greatestFiniteMagnitude, .leastNonzeroMagnitude,
  ]

  @Test(arguments: functions)
  func isAccurateEverywhere(_ function: Function) {
    let inputs = (Self.everywhere + Self.dense + Self.special).filter {
      $0.isNaN || function.range.contains(Double($0))
    }
    let outputs = function.apply(Tensor(inputs, shape: [inputs.count])).floats()
    var worst = (ulps: 0.0, input: Float(0), output: Float(0))
    for (x, y) in zip(inputs, outputs) {
      let exact = function.exact(Double(x))
      if exact.isNaN {
        #expect(y.isNaN, "\(function.testDescription)(\(x)) is \(y)")
        continue
      }
      let rounded = Float(exact)
      if rounded == y { continue }
      if rounded.isInfinite || y.isInfinite || y.isNaN {
        // Within rounding of the largest number, either side will do.
        let ratio = abs(exact) / Double(Float.greatestFiniteMagnitude)
        let near = !y.isNaN && ratio > 0.999999 && ratio < 1.000001
        #expect(near, "\(function.testDescription)(\(x)) is \(y), not \(rounded)")
        continue
      }
      let slack =
        function.floor * Double(Float.leastNormalMagnitude) + function.ofInput * abs(Double(x))
      let error = max(0, abs(Double(y) - exact) - slack) / Double(rounded.ulp)
      if error > worst.ulps { worst = (error, x, y) }
    }
    #expect(
      worst.ulps <= function.ulps,
      "\(function.testDescription)(\(worst.input)) is \(worst.output), off by \(worst.ulps) ulp")
  }

  @Test func specialValuesAreKept() {
    let x = Tensor([Float.infinity, -.infinity, .nan, 0, -0], shape: [5])
    #expect(x.exp().floats()[0...1] == [.infinity, 0])
    #expect(x.exp().floats()[3...4] == [1, 1])
    #expect(x.log().floats()[0] == .infinity && x.log().floats()[1].isNaN)
    #expect(x.log().floats()[3...4] == [-.infinity, -.infinity])
    #expect(x.tanh().floats()[0...1] == [1, -1])
    #expect(x.sigmoid().floats()[0...1] == [1, 0])
    #expect(x.softplus().floats()[0...1] == [.infinity, 0])
    #expect(x.gelu().floats()[0] == .infinity)
    for function in Self.functions {
      #expect(function.apply(x).floats()[2].isNaN, "\(function.testDescription)(NaN)")
    }
    #expect(Tensor([Float(-1)], shape: [1]).log().floats()[0].isNaN)
  }

  /// Slopes where cancellation could bite: compared with differences of the exact function.
  @Test func slopesStaySound() {
    let values: [Float] = (-3000...3000).map { Float($0) * 0.02 }
    let x = Tensor(values, shape: [values.count])
    let slopes: [(String, (Tensor) -> Tensor, (Double) -> Double)] = [
      ("gelu", { $0.gelu() }, geluSlope),
      ("silu", { $0.silu() }, siluSlope),
      ("softplus", { $0.softplus() }, Naive.sigmoid),
      ("sigmoid", { $0.sigmoid() }, { Naive.sigmoid($0) * Naive.sigmoid(-$0) }),
      ("tanh", { $0.tanh() }, { 1 / (cosh($0) * cosh($0)) }),
    ]
    for (name, function, slope) in slopes {
      let gradient = valueAndGradients(at: [x]) { function($0[0]) }.gradients[0]
      let exact = values.map { slope(Double($0)) }
      expectClose(gradient?.doubles() ?? [], exact, absolute: 3e-7, relative: 3e-7, name)
    }
  }

  private func geluSlope(_ x: Double) -> Double {
    let density = exp(-x * x / 2) / (2 * Double.pi).squareRoot()
    return NormalDistribution.cdf(x) + x * density
  }

  private func siluSlope(_ x: Double) -> Double {
    let s = Naive.sigmoid(x)
    return s * (1 + x * (1 - s))
  }

  @Test func everyBfloat16SurvivesTheRoundTrip() {
    let words = (0...UInt16.max).map { $0 }
    let tensor = Tensor(shape: [words.count], dtype: .bfloat16) { bytes in
      words.withUnsafeBytes { bytes.copyMemory(from: $0) }
    }
    for wide in [DType.float32, .float64] {
      let back = tensor.cast(to: wide).cast(to: .bfloat16)
      let result = back.withUnsafeBytes { Array($0.bindMemory(to: UInt16.self)) }
      for (a, b) in zip(words, result) where a != b {
        // Only signalling NaNs may change, to quiet ones.
        #expect(a & 0x7F80 == 0x7F80 && a & 0x7F != 0 && b == a | 0x40, "\(a) → \(b)")
      }
    }
  }

  @Test func bfloat16RoundsToNearestTiesToEven() {
    // One bfloat16 step above 1 is 2⁻⁷.
    let half: Float = 0x1p-8
    let inputs: [Float] = [
      1 + half, 1 + 3 * half, (1 + half).nextUp, (1 + half).nextDown, -1 - 3 * half,
      .greatestFiniteMagnitude,
    ]
    let rounded = Tensor(inputs, shape: [6]).cast(to: .bfloat16).floats()
    let expected: [Float] = [1, 1 + 4 * half, 1 + 2 * half, 1, -1 - 4 * half, .infinity]
    #expect(rounded == expected)
  }
}
