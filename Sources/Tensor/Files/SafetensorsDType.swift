/// The element types of the safetensors format, in the order in which it lays them out in a file
/// (rising alignment).
public enum SafetensorsDType: String, Sendable, Codable, CaseIterable {
  case bool = "BOOL"
  case float4 = "F4"
  case float6E2M3 = "F6_E2M3"
  case float6E3M2 = "F6_E3M2"
  case uint8 = "U8"
  case int8 = "I8"
  case float8E5M2 = "F8_E5M2"
  case float8E4M3 = "F8_E4M3"
  case float8E8M0 = "F8_E8M0"
  case float8E4M3FNUZ = "F8_E4M3FNUZ"
  case float8E5M2FNUZ = "F8_E5M2FNUZ"
  case int16 = "I16"
  case uint16 = "U16"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int32 = "I32"
  case uint32 = "U32"
  case float32 = "F32"
  case complex64 = "C64"
  case float64 = "F64"
  case int64 = "I64"
  case uint64 = "U64"

  public init(_ dtype: DType) {
    switch dtype {
    case .float32: self = .float32
    case .bfloat16: self = .bfloat16
    case .float64: self = .float64
    }
  }

  /// Bits an element takes; 4 and 6 for the packed types.
  public var bitWidth: Int {
    switch self {
    case .float4: 4
    case .float6E2M3, .float6E3M2: 6
    case .bool, .uint8, .int8, .float8E5M2, .float8E4M3, .float8E8M0, .float8E4M3FNUZ,
      .float8E5M2FNUZ:
      8
    case .int16, .uint16, .float16, .bfloat16: 16
    case .int32, .uint32, .float32: 32
    case .complex64, .float64, .int64, .uint64: 64
    }
  }

  /// Whether values are booleans or integers.
  public var isInteger: Bool {
    switch self {
    case .bool, .uint8, .int8, .int16, .uint16, .int32, .uint32, .int64, .uint64: true
    default: false
    }
  }

  /// The tensor type that values of this type become unless another is asked for: the same one where
  /// there is one, float32 where it holds every value, float64 otherwise (64-bit integers beyond 2⁵³
  /// are rounded). Nil for types that no tensor holds: complex and packed ones.
  public var natural: DType? {
    switch self {
    case .bfloat16: .bfloat16
    case .float4, .float6E2M3, .float6E3M2, .complex64: nil
    case .int32, .uint32, .int64, .uint64, .float64: .float64
    default: .float32
    }
  }

  /// Bytes that `shape` takes; nil where it overflows or does not fill whole bytes.
  ///
  /// Sizes of 0 count as 1 in the check for overflow, so that no product of sizes overflows later.
  func byteCount(of shape: [Int]) -> Int? {
    var bound = 1
    for size in shape {
      let (product, overflow) = bound.multipliedReportingOverflow(by: max(size, 1))
      if size < 0 || overflow { return nil }
      bound = product
    }
    if bound.multipliedReportingOverflow(by: 64).overflow { return nil }
    let bits = shape.reduce(1, *) * bitWidth
    return bits % 8 == 0 ? bits / 8 : nil
  }
}
