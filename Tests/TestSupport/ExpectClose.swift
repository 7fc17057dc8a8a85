import Foundation
import JEPATensor
import Testing

/// Expects every value to be within `absolute` + `relative` · |expected| of its counterpart; equal
/// infinities and NaN beside NaN count as close. Reports the worst entry.
public func expectClose(
  _ actual: [Double], _ expected: [Double], absolute: Double = 0, relative: Double,
  _ label: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.count == expected.count else {
    Issue.record(
      "\(label): \(actual.count) values, expected \(expected.count)",
      sourceLocation: sourceLocation)
    return
  }
  var worst: (index: Int, excess: Double)?
  var failures = 0
  for (index, (x, y)) in zip(actual, expected).enumerated() {
    if x == y || (x.isNaN && y.isNaN) { continue }
    let error = abs(x - y)
    let allowed = absolute + relative * abs(y)
    if error <= allowed { continue }
    failures += 1
    let excess = error.isNaN || error.isInfinite ? .infinity : error / max(allowed, 1e-300)
    if excess > worst?.excess ?? 0 { worst = (index, excess) }
  }
  guard let worst else { return }
  let (x, y) = (actual[worst.index], expected[worst.index])
  Issue.record(
    """
    \(label): \(failures) of \(actual.count) values are off; worst at \(worst.index): \(x), \
    expected \(y), difference \(abs(x - y)), allowed \(absolute + relative * abs(y)) \
    (absolute \(absolute), relative \(relative))
    """, sourceLocation: sourceLocation)
}

/// ``expectClose(_:_:absolute:relative:_:sourceLocation:)-([Double],_,_,_,_,_)`` for tensors, whose
/// shapes must agree too; their types may differ.
public func expectClose(
  _ actual: Tensor, _ expected: Tensor, absolute: Double = 0, relative: Double,
  _ label: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.shape == expected.shape else {
    Issue.record(
      "\(label): shape \(actual.shape), expected \(expected.shape)", sourceLocation: sourceLocation)
    return
  }
  expectClose(
    actual.doubles(), expected.doubles(), absolute: absolute, relative: relative, label,
    sourceLocation: sourceLocation)
}

/// Expects every value to be within `tolerance` times the largest finite expected magnitude, which
/// counts as no less than `atLeast`.
public func expectClose(
  _ actual: Tensor, _ expected: Tensor, ofLargest tolerance: Double, atLeast: Double = 0,
  _ label: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  let magnitudes = expected.doubles().lazy.filter(\.isFinite).map { abs($0) }
  let largest = max(magnitudes.max() ?? 0, atLeast)
  expectClose(
    actual, expected, absolute: tolerance * largest, relative: 0, label,
    sourceLocation: sourceLocation)
}

/// Expects the same bits, shape and type.
public func expectSameBits(
  _ actual: Tensor, _ expected: Tensor, _ label: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let same =
    actual.shape == expected.shape && actual.dtype == expected.dtype
    && actual.withUnsafeBytes { a in expected.withUnsafeBytes { b in a.elementsEqual(b) } }
  if !same {
    Issue.record(
      "\(label): \(actual) is not \(expected), bit for bit", sourceLocation: sourceLocation)
  }
}
