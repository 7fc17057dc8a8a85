import JEPATensor

/// Changes inputs as somebody would who wants to break their reader. Input `i` of a seed is always the same.
public struct Mutator: Sendable {
  /// Sound inputs to start from.
  public let seeds: [[UInt8]]
  /// Words that mean something to the reader.
  public let words: [[UInt8]]
  /// The longest input that is made.
  public let limit: Int
  private let random: RandomSource

  public init(
    seeds: [[UInt8]], words: [[UInt8]] = [], limit: Int = 1 << 15, random: RandomSource
  ) {
    require(!seeds.isEmpty, "Mutator: no seeds")
    self.seeds = seeds
    self.words = words
    self.limit = limit
    self.random = random
  }

  /// A seed after one to eight changes.
  public func input(_ index: Int) -> [UInt8] {
    var random = random.split(index)
    var bytes = seeds[random.integer(below: seeds.count)]
    for _ in 0...random.integer(below: 8) { change(&bytes, &random) }
    return Array(bytes.prefix(limit))
  }

  /// Numbers at which arithmetic breaks.
  private static let numbers: [UInt64] = [
    0, 1, 2, 7, 8, 63, 64, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 0x7FFF_FFFF, 0x8000_0000,
    0xFFFF_FFFF, 0x1_0000_0000, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000,
    0xFFFF_FFFF_FFFF_FFFF,
  ]

  private static let texts = [
    "-1", "0", "1e308", "-1e-308", "1e999", "nan", "inf", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "18446744073709551616", "0.5", "4294967296", "",
    "../", "/", "\u{0}", "\n", "\r\n", "\t", "\"", "'", "\\", "\u{FEFF}", "é", "\u{2028}",
  ]

  private func change(_ bytes: inout [UInt8], _ random: inout RandomSource) {
    let place = random.integer(below: bytes.count + 1)
    let length = min(bytes.count - place, 1 + random.integer(below: 1 << random.integer(below: 8)))
    let range = place..<place + length
    switch random.integer(below: 12) {
    case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8(random.integer(below: 8))
    case 1 where place < bytes.count: bytes[place] = UInt8(random.integer(below: 256))
    case 2: bytes.removeSubrange(range)
    case 3:
      let copy = Array(bytes[range])
      for _ in 0...random.integer(below: 4) { bytes.insert(contentsOf: copy, at: place) }
    case 4: bytes.removeLast(bytes.count - place)
    case 5:
      // The end of another seed, or of the same.
      let other = seeds[random.integer(below: seeds.count)]
      bytes = Array(bytes[..<place]) + other[random.integer(below: other.count + 1)...]
    case 6:
      let number = Self.numbers[random.integer(below: Self.numbers.count)]
      let width = 1 << random.integer(below: 4)
      var value = (0..<width).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) }
      if random.integer(below: 2) == 0 { value.reverse() }
      bytes.replaceSubrange(place..<min(bytes.count, place + width), with: value)
    case 7:
      // A number in the text.
      let digits = bytes[place...].drop { !Self.isDigit($0) }.prefix(while: Self.isDigit)
      let text = Self.texts[random.integer(below: Self.texts.count)]
      bytes.replaceSubrange(digits.startIndex..<digits.endIndex, with: Array(text.utf8))
    case 8, 9:
      if words.isEmpty { fallthrough }
      let word = words[random.integer(below: words.count)]
      bytes.replaceSubrange(random.integer(below: 2) == 0 ? range : place..<place, with: word)
    case 10:
      let text = Self.texts[random.integer(below: Self.texts.count)]
      bytes.insert(contentsOf: Array(text.utf8), at: place)
    default:
      let byte = place < bytes.count ? bytes[place] : 0x20
      bytes.insert(
        contentsOf: [UInt8](repeating: byte, count: 1 + random.integer(below: 300)), at: place)
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
