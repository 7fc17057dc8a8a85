import Foundation
import JEPATensor

/// Why an image file could not be read or written.
public struct ImageError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Reason: Sendable, Equatable {
    /// The file cannot be opened or read.
    case unreadable(String)
    /// The system failed while the file was read or decoded, which says nothing of the image: too many open
    /// files, no memory, a disk or file server in trouble.
    case systemFailure(String)
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

  /// Whether the system failed and not the image, so that no other image may stand in for it.
  public var isSystemFailure: Bool {
    if case .systemFailure = reason { true } else { false }
  }

  public init(name: String, reason: Reason) {
    self.name = name
    self.reason = reason
  }

  public var description: String {
    switch reason {
    case .unreadable(let text): "\(name): cannot be read: \(text)"
    case .systemFailure(let text):
      "\(name): cannot be read: \(text); the system failed, not the image: fix that, then continue"
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

extension ImageError {
  /// The system's codes that speak of the file itself; it counts as a broken image. All others, among them EMFILE,
  /// ENFILE, ENOMEM, EIO and ESTALE, are failures of the system.
  private static let codesOfFile: Set<Int32> = [
    ENOENT, ENOTDIR, EACCES, EPERM, ELOOP, ENAMETOOLONG, EISDIR, ENXIO, EOVERFLOW, EINVAL,
  ]

  /// A file that could not be read.
  init(name: String, failure: RegularFile.Failure) {
    if case .system(let code) = failure, !Self.codesOfFile.contains(code) {
      self.init(name: name, reason: .systemFailure(failure.reason))
    } else {
      self.init(name: name, reason: .unreadable(failure.reason))
    }
  }

  /// What a decoder says of a file's content; it may also lack memory.
  init(name: String, decoder text: String) {
    let lower = text.lowercased()
    let lacksMemory = lower.contains("insufficient memory") || lower.contains("out of memory")
    self.init(name: name, reason: lacksMemory ? .systemFailure(text) : .damaged(text))
  }
}
