import CJEPAKernels
import Foundation

// Values of any type of the format as tensors and integers.

extension SafetensorsFile {
  /// A tensor of the file.
  ///
  /// - Parameter dtype: the element type wanted; unless given, the file's own where ``DType`` has it,
  ///   float32 where that holds every value of the file's type, float64 for wider integers.
  /// - Throws: ``SafetensorsError`` if there is none of that name, or it is complex or packed.
  public func tensor(named name: String, as dtype: DType? = nil) throws -> Tensor {
    let entry = try entry(named: name)
    guard let natural = entry.dtype.natural else {
      throw SafetensorsError(
        file: url.path, tensor: name,
        reason: "has type \(entry.dtype.rawValue), which no tensor holds; read its bytes instead")
    }
    if SafetensorsDType(natural) == entry.dtype {
      let start = dataStart + entry.byteRange.lowerBound
      try opened.requireRoom(for: start..<start + entry.byteRange.count)
      let tensor = try Tensor(shape: entry.shape, dtype: natural) {
        try opened.read(into: $0, at: start)
      }
      return dtype.map { tensor.cast(to: $0) } ?? tensor
    }
    let tensor = try withUnsafeBytes(named: name) { bytes in
      if let table = entry.dtype.table {
        return Tensor(shape: entry.shape, dtype: .float32) { target in
          let values = target.bindMemory(to: Float.self)
          if entry.dtype.bitWidth == 8 {
            for i in values.indices { values[i] = table[Int(bytes[i])] }
          } else {
            for i in values.indices { values[i] = table[Int(bytes.element(i, UInt16.self))] }
          }
        }
      }
      return Tensor(shape: entry.shape, dtype: .float64) { target in
        let values = target.bindMemory(to: Double.self)
        func fill<I: FixedWidthInteger>(_ type: I.Type) {
          for i in values.indices { values[i] = Double(bytes.element(i, type)) }
        }
        switch entry.dtype {
        case .int32: fill(Int32.self)
        case .uint32: fill(UInt32.self)
        case .int64: fill(Int64.self)
        default: fill(UInt64.self)
        }
      }
    }
    return dtype.map { tensor.cast(to: $0) } ?? tensor
  }

  /// The tensors whose names begin with `prefix`, by the rest of their names: `tensors(prefix:
  /// "encoder.")` has `encoder.norm.weight` under `norm.weight`.
  ///
  /// - Throws: as ``tensor(named:as:)``.
  public func tensors(prefix: String = "", as dtype: DType? = nil) throws -> [String: Tensor] {
    var result: [String: Tensor] = [:]
    for name in names where name.hasPrefix(prefix) {
      result[String(name.dropFirst(prefix.count))] = try tensor(named: name, as: dtype)
    }
    return result
  }

  /// The values of a tensor of booleans or integers, in row-major order.
  ///
  /// - Throws: ``SafetensorsError`` if there is none of that name, it holds other numbers, or one of
  ///   64 bits without a sign that an `Int` cannot hold.
  public func integers(named name: String) throws -> [Int] {
    let entry = try entry(named: name)
    guard entry.dtype.isInteger else {
      throw SafetensorsError(
        file: url.path, tensor: name, reason: "holds \(entry.dtype.rawValue), not integers")
    }
    return try withUnsafeBytes(named: name) { bytes in
      func read<I: FixedWidthInteger>(_ type: I.Type) throws -> [Int] {
        try (0..<entry.count).map { i in
          let value = bytes.element(i, type)
          guard let integer = Int(exactly: value) else {
            throw SafetensorsError(
              file: url.path, tensor: name, reason: "holds \(value), which does not fit an Int")
          }
          return integer
        }
      }
      switch entry.dtype {
      case .bool: return bytes.map { $0 == 0 ? 0 : 1 }
      case .int8: return try read(Int8.self)
      case .int16: return try read(Int16.self)
      case .uint16: return try read(UInt16.self)
      case .int32: return try read(Int32.self)
      case .uint32: return try read(UInt32.self)
      case .int64: return try read(Int64.self)
      case .uint64: return try read(UInt64.self)
      default: return try read(UInt8.self)
      }
    }
  }
}

extension UnsafeRawBufferPointer {
  /// Little-endian integer `index` of an array that may begin at any address.
  fileprivate func element<I: FixedWidthInteger>(_ index: Int, _ type: I.Type) -> I {
    I(littleEndian: loadUnaligned(fromByteOffset: index * MemoryLayout<I>.size, as: type))
  }
}

extension SafetensorsDType {
  /// The value of each bit pattern, for types of 8 and 16 bits without a ``DType`` of their own.
  fileprivate var table: [Float]? {
    switch self {
    case .bool: [0] + Array(repeating: 1, count: 255)
    case .uint8: (0...255).map { Float($0) }
    case .int8: (0...255).map { Float(Int8(truncatingIfNeeded: $0)) }
    case .uint16: Self.unsignedTable
    case .int16: Self.signedTable
    case .float16: Self.halfTable
    case .float8E5M2: (0...255).map { Self.value($0, exponent: 5, mantissa: 2, .ieee) }
    case .float8E4M3: (0...255).map { Self.value($0, exponent: 4, mantissa: 3, .finite) }
    case .float8E5M2FNUZ: (0...255).map { Self.value($0, exponent: 5, mantissa: 2, .unsignedZero) }
    case .float8E4M3FNUZ: (0...255).map { Self.value($0, exponent: 4, mantissa: 3, .unsignedZero) }
    case .float8E8M0: (0...254).map { Float(scalbn(1.0, $0 - 127)) } + [.nan]
    default: nil
    }
  }

  private static let unsignedTable = (0...65535).map { Float($0) }
  private static let signedTable = (0...65535).map { Float(Int16(truncatingIfNeeded: $0)) }
  private static let halfTable = (0...65535).map { value($0, exponent: 5, mantissa: 10, .ieee) }

  /// What a small floating-point type does with its special bit patterns.
  private enum Specials {
    /// The highest exponent holds infinity and NaN.
    case ieee
    /// No infinity; the pattern of ones is NaN.
    case finite
    /// No infinity and no −0, whose pattern is NaN; the bias is one higher.
    case unsignedZero
  }

  private static func value(
    _ bits: Int, exponent exponentBits: Int, mantissa mantissaBits: Int, _ specials: Specials
  ) -> Float {
    let ones = (1 << exponentBits) - 1
    let mantissa = bits & ((1 << mantissaBits) - 1)
    let exponent = bits >> mantissaBits & ones
    let isNegative = bits >> (mantissaBits + exponentBits) == 1
    let sign: Float = isNegative ? -1 : 1
    switch specials {
    case .ieee where exponent == ones: return mantissa == 0 ? sign * .infinity : .nan
    case .finite where exponent == ones && mantissa == (1 << mantissaBits) - 1: return .nan
    case .unsignedZero where isNegative && exponent == 0 && mantissa == 0: return .nan
    default: break
    }
    let bias = (1 << (exponentBits - 1)) - (specials == .unsignedZero ? 0 : 1)
    let significand = exponent == 0 ? mantissa : mantissa + 1 << mantissaBits
    return sign
      * Float(scalbn(Double(significand), max(exponent, 1) - bias - mantissaBits))
  }
}
