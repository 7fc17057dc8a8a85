/// Castagnoli's cyclic redundancy check (RFC 3720, appendix B.4), eight bytes at a time.
///
/// Checkpoints and event files carry it. It finds every error of up to 32 bits in a row and all but
/// one in 2³² others; it is no protection against somebody who changes a file on purpose.
package struct CRC32C: Sendable {
  /// 0x1EDC6F41 with its bits reversed.
  private static let polynomial: UInt32 = 0x82F6_3B78

  /// Table k holds the remainders of a byte that k zero bytes follow.
  private static let tables: [UInt32] = {
    var tables = (0..<256).map { index in
      (0..<8).reduce(UInt32(index)) { value, _ in
        value & 1 == 1 ? value >> 1 ^ polynomial : value >> 1
      }
    }
    for index in 256..<8 * 256 {
      let before = tables[index - 256]
      tables.append(before >> 8 ^ tables[Int(before & 0xFF)])
    }
    return tables
  }()

  private var state: UInt32 = ~0

  package init() {}

  /// The checksum of all bytes taken in so far.
  package var value: UInt32 { ~state }

  /// Takes in more bytes.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    Self.tables.withUnsafeBufferPointer { table in
      var crc = state
      var position = 0
      while position + 8 <= bytes.count {
        let word =
          bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self).littleEndian
          ^ UInt64(crc)
        crc = 0
        for place in 0..<8 {
          crc ^= table[(7 - place) << 8 | Int(truncatingIfNeeded: word >> (8 * place) & 0xFF)]
        }
        position += 8
      }
      for byte in bytes[position...] {
        crc = crc >> 8 ^ table[Int((crc ^ UInt32(byte)) & 0xFF)]
      }
      state = crc
    }
  }

  /// The checksum of these bytes.
  package static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var crc = CRC32C()
    bytes.withUnsafeBytes { crc.update($0) }
    return crc.value
  }

  /// Eight hexadecimal digits.
  package static func digits(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// Rotated and offset, so that a checksum of data that holds checksums stays sound.
  package static func masked(_ bytes: [UInt8]) -> UInt32 {
    let crc = checksum(bytes)
    return (crc >> 15 | crc << 17) &+ 0xA282_EAD8
  }

  /// The checksum of a text of which `first` is the checksum of the beginning and `second` that of the
  /// last `count` bytes: first · x^(8 count) + second, modulo the polynomial.
  package static func combined(_ first: UInt32, _ second: UInt32, count: Int) -> UInt32 {
    var power: UInt32 = 1 << 23  // x⁸: bit 31 is x⁰
    var result: UInt32 = 1 << 31
    var rest = count
    while rest > 0 {
      if rest & 1 == 1 { result = product(result, power) }
      power = product(power, power)
      rest >>= 1
    }
    return product(first, result) ^ second
  }

  /// a · b modulo the polynomial, bits reversed.
  private static func product(_ a: UInt32, _ b: UInt32) -> UInt32 {
    var (sum, shifted): (UInt32, UInt32) = (0, b)
    for place in (0..<32).reversed() {
      if a >> place & 1 == 1 { sum ^= shifted }
      shifted = shifted & 1 == 1 ? shifted >> 1 ^ polynomial : shifted >> 1
    }
    return sum
  }
}
