import Foundation
import JEPAData
import JEPATensor
import Testing

/// A file beside the tests.
func resource(_ name: String) -> URL {
  Bundle.module.bundleURL.appendingPathComponent("Resources").appendingPathComponent(name)
}

/// A new empty folder that is removed when the value goes away.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("jepa-data-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// Writes a file, with the folders that lead to it.
  @discardableResult
  func write(_ data: Data, to path: String) throws -> URL {
    let file = url.appendingPathComponent(path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: file)
    return file
  }

  @discardableResult
  func write(_ text: String, to path: String) throws -> URL {
    try write(Data(text.utf8), to: path)
  }
}

/// An image whose every pixel is drawn from `seed`.
func noiseImage(width: Int = 16, height: Int = 12, seed: UInt64) -> Image {
  var random = RandomSource(seed: seed)
  return Image(
    width: width, height: height,
    pixels: (0..<width * height * 3).map { _ in UInt8(random.integer(below: 256)) })
}

/// A small JPEG of one colour that depends on `value`.
func jpeg(_ value: Int, width: Int = 16, height: Int = 16) throws -> Data {
  try JPEGFile.encode(
    Image(
      width: width, height: height, red: UInt8(value * 37 % 256), green: UInt8(value * 91 % 256),
      blue: UInt8(value * 13 % 256)))
}

/// The largest difference between two images' bytes; 256 where the sizes differ.
func largestDifference(_ a: Image, _ b: Image) -> Int {
  guard a.width == b.width, a.height == b.height else { return 256 }
  return zip(a.pixels, b.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 0
}

/// The one line that an error shows, or nil where nothing was thrown.
func message<R>(of body: () throws -> R) -> String? {
  do {
    _ = try body()
    return nil
  } catch {
    return "\(error)"
  }
}
