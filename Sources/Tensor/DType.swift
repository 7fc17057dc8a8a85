import CJEPAKernels

/// The type of a tensor's elements.
///
/// float64 exists so that gradient checks and reference comparisons are exact; bfloat16 is stored in
/// 16 bits and computed in float32.
public enum DType: String, Sendable, Codable, CaseIterable {
  case float32, bfloat16, float64

  /// Bytes an element takes.
  public var byteSize: Int {
    switch self {
    case .float32: 4
    case .bfloat16: 2
    case .float64: 8
    }
  }

  /// The type statistics, biases and gradients of parameters have beside values of this type.
  public var accumulation: DType { self == .float64 ? .float64 : .float32 }

  var kernel: jk_dtype {
    switch self {
    case .float32: JK_FLOAT32
    case .bfloat16: JK_BFLOAT16
    case .float64: JK_FLOAT64
    }
  }

  /// The type that holds both operands' values: float32 beside bfloat16 gives float32.
  static func promoted(_ a: DType, _ b: DType, operation: String) -> DType {
    if a == b { return a }
    require(
      a != .float64 && b != .float64,
      "\(operation): float64 does not mix with \(a == .float64 ? b : a); cast one operand")
    return .float32
  }
}
