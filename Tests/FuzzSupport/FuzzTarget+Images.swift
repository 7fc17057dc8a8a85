import Foundation
import JEPAData
import JEPATensor

extension FuzzTarget {
  private static let resources =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("JEPADataTests/Resources")

  private static func files(_ names: [String]) throws -> [[UInt8]] {
    try names.map { Array(try Data(contentsOf: resources.appendingPathComponent($0))) }
  }

  /// JPEG: baseline, progressive, greyscale and four inks.
  static func jpeg(_ seed: UInt64) throws -> FuzzTarget {
    let seeds = try files([
      "rgb420.jpg", "rgb444.jpg", "progressive.jpg", "gray.jpg", "cmyk.jpg", "ycck.jpg",
    ])
    return FuzzTarget("jpeg", seeds: seeds, seed: seed) { bytes in
      _ = try ImageFile.decode(Data([0xFF, 0xD8] + bytes.dropFirst(2)), name: "fuzz.jpg")
    }
  }

  /// JPEG whose headers alone are changed: sizes, sampling, tables; the scan's data stay.
  static func jpegHeaders(_ seed: UInt64) throws -> FuzzTarget {
    let file = try files(["rgb420.jpg"])[0]
    let scan = file.firstRange(of: [0xFF, 0xDA])?.lowerBound ?? file.count
    let data = Array(file[scan...])
    return FuzzTarget(
      "jpeg-headers", seeds: [Array(file[2..<scan])], seed: seed,
      finish: { [0xFF, 0xD8] + $0 + data }
    ) { _ = try JPEGFile.decode(Data($0), name: "fuzz.jpg") }
  }

  /// PNG of every colour type, the chunks' checksums made right again so that their contents are read.
  static func png(_ seed: UInt64) throws -> FuzzTarget {
    let seeds = try files([
      "png_i16.png", "png_l.png", "png_la.png", "png_p.png", "png_rgba.png", "golden_04.png",
      "Formats/interlaced.png", "Formats/trns.png", "Formats/palette2.png",
    ])
    let words = ["IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "iCCP", "tEXt", "zTXt"]
    return FuzzTarget(
      "png", seeds: seeds, words: words, seed: seed, finish: withChunkChecksums
    ) { bytes in
      _ = try PNGFile.decode(Data(bytes), name: "fuzz.png")
    }
  }

  /// WebP, lossy and lossless, with and without alpha and metadata, turned as the metadata say.
  static func webp(_ seed: UInt64) throws -> FuzzTarget {
    let names = ["lossy", "lossless", "alpha", "alpha_lossless", "animated", "orientation5"]
    let seeds = try files(names.map { "Formats/\($0).webp" })
    let words = ["RIFF", "WEBP", "VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "EXIF"]
    return FuzzTarget("webp", seeds: seeds, words: words, seed: seed) { bytes in
      _ = try ImageFile.decode(
        Data("RIFF".utf8 + bytes.dropFirst(4)), name: "fuzz.webp",
        ImageDecoding(appliesOrientation: true))
    }
  }

  /// Bitmaps of every depth.
  static func bmp(_ seed: UInt64) throws -> FuzzTarget {
    let seeds = try files(["1", "l", "p", "rgb", "rgba"].map { "Formats/\($0).bmp" })
    return FuzzTarget("bmp", seeds: seeds, seed: seed) { bytes in
      _ = try BMPFile.decode(Data("BM".utf8 + bytes.dropFirst(2)), name: "fuzz.bmp")
    }
  }

  @Sendable private static func withChunkChecksums(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    var position = 8
    while position + 12 <= bytes.count {
      let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      let end = position + 8 + length
      guard end + 4 <= bytes.count else { break }
      var crc = ~UInt32(0)
      for byte in bytes[position + 4..<end] {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
      }
      for index in 0..<4 { bytes[end + index] = UInt8(~crc >> UInt32(24 - 8 * index) & 0xFF) }
      position = end + 4
    }
    return bytes
  }
}
