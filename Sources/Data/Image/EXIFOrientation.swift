/// The EXIF orientation of an image file: how its stored rows are to be shown.
///
/// 1 as they are, 2 mirrored, 3 turned by 180°, 4 upside down, 5 transposed, 6 turned by 90° clockwise,
/// 7 transposed over the other diagonal, 8 turned by 90° counterclockwise.
enum EXIFOrientation {
  /// The orientation that a JPEG, PNG or WebP file states; 1 where it states none or nonsense.
  static func of(_ bytes: UnsafeRawBufferPointer) -> Int {
    let reader = ByteReader(bytes)
    let found =
      if bytes.starts(with: [0xFF, 0xD8]) {
        inJPEG(reader)
      } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
        inPNG(reader)
      } else if bytes.starts(with: Array("RIFF".utf8)) {
        inWebP(reader)
      } else {
        nil as Int?
      }
    return found.flatMap { 1...8 ~= $0 ? $0 : nil } ?? 1
  }

  private static func inJPEG(_ file: ByteReader) -> Int? {
    var position = 2
    while let mark = file.byte(position), let kind = file.byte(position + 1) {
      if mark != 0xFF || kind == 0xFF {  // stray or fill bytes before a marker
        position += 1
        continue
      }
      guard kind != 0xDA, kind != 0xD9,
        let length = file.integer(position + 2, bytes: 2, bigEndian: true)
      else { return nil }
      if kind == 0xE1, file.text(position + 4, count: 6) == Array("Exif".utf8) + [0, 0] {
        return inTIFF(file.part(position + 10, count: length - 8))
      }
      position += 2 + length
    }
    return nil
  }

  private static func inPNG(_ file: ByteReader) -> Int? {
    var position = 8
    while let length = file.integer(position, bytes: 4, bigEndian: true) {
      let kind = file.text(position + 4, count: 4)
      if kind == Array("eXIf".utf8) { return inTIFF(file.part(position + 8, count: length)) }
      if kind == Array("IEND".utf8) { return nil }
      position += 12 + length
    }
    return nil
  }

  private static func inWebP(_ file: ByteReader) -> Int? {
    var position = 12
    while let length = file.integer(position + 4, bytes: 4, bigEndian: false) {
      if file.text(position, count: 4) == Array("EXIF".utf8) {
        // Some writers keep the prefix that JPEG has.
        let isPrefixed = file.text(position + 8, count: 4) == Array("Exif".utf8)
        let skipped = isPrefixed ? 6 : 0
        return inTIFF(file.part(position + 8 + skipped, count: length - skipped))
      }
      position += 8 + length + length % 2
    }
    return nil
  }

  /// Tag 0x0112 of the first directory.
  private static func inTIFF(_ tiff: ByteReader) -> Int? {
    let order = tiff.text(0, count: 2)
    let bigEndian = order == Array("MM".utf8)
    guard bigEndian || order == Array("II".utf8),
      let directory = tiff.integer(4, bytes: 4, bigEndian: bigEndian),
      let count = tiff.integer(directory, bytes: 2, bigEndian: bigEndian)
    else { return nil }
    for entry in 0..<count {
      let place = directory + 2 + 12 * entry
      guard let tag = tiff.integer(place, bytes: 2, bigEndian: bigEndian) else { return nil }
      if tag == 0x0112 { return tiff.integer(place + 8, bytes: 2, bigEndian: bigEndian) }
    }
    return nil
  }

  /// Bytes that are asked for at any position; nil beyond the end.
  private struct ByteReader {
    private let bytes: Slice<UnsafeRawBufferPointer>

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes[...] }

    func byte(_ position: Int) -> UInt8? {
      position >= 0 && position < bytes.count ? bytes[bytes.startIndex + position] : nil
    }

    func integer(_ position: Int, bytes count: Int, bigEndian: Bool) -> Int? {
      var value = 0
      for i in 0..<count {
        guard let byte = byte(position + (bigEndian ? i : count - 1 - i)) else { return nil }
        value = value << 8 | Int(byte)
      }
      return value
    }

    func text(_ position: Int, count: Int) -> [UInt8] {
      (0..<count).compactMap { byte(position + $0) }
    }

    func part(_ position: Int, count: Int) -> ByteReader {
      let start = min(max(0, position), bytes.count)
      let end = min(max(start, position + max(0, count)), bytes.count)
      return ByteReader(
        UnsafeRawBufferPointer(rebasing: bytes[bytes.startIndex + start..<bytes.startIndex + end]))
    }
  }
}
