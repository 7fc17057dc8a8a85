/// Why an image file could not be read or written.
public struct ImageError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Reason: Sendable, Equatable {
    /// The file cannot be opened or read.
    case unreadable(String)
    /// The content is neither JPEG, PNG, WebP nor BMP.
    case unknownFormat
    /// A variant of a known format that is not read; the text says which.
    case unsupported(String)
    /// The content is damaged or cut short; the text is the decoding library's.
    case damaged(String)
    /// More pixels than `Image.maximumPixelCount`.
    case tooLarge(width: Int, height: Int)
    /// The file cannot be written or encoded.
    case unwritable(String)
  }

  /// The file, or the name given to bytes in memory.
  public let name: String
  public let reason: Reason

  public init(name: String, reason: Reason) {
    self.name = name
    self.reason = reason
  }

  public var description: String {
    switch reason {
    case .unreadable(let text): "\(name): cannot be read: \(text)"
    case .unknownFormat: "\(name): not a JPEG, PNG, WebP or BMP image; convert it or remove it"
    case .unsupported(let text):
      "\(name): \(text), which is not read; convert it to PNG or remove it"
    case .damaged(let text): "\(name): damaged image: \(text); replace or remove it"
    case .tooLarge(let width, let height):
      "\(name): \(width)x\(height) pixels, more than \(Image.maximumPixelCount); scale it down"
    case .unwritable(let text): "\(name): cannot be written: \(text)"
    }
  }
}
