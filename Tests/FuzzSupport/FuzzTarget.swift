import Foundation
import JEPA
import JEPAData
import JEPAEval
import JEPATensor

/// A reader of what comes from outside, with inputs to break it by.
///
/// Whatever the bytes, it must end: with a value, or with an error of the package's own kinds. It must not
/// crash, hang, or take more memory than `docs/security.md` says.
public struct FuzzTarget: Sendable {
  /// How the reader took an input.
  public enum Outcome: Sendable, Equatable {
    case accepted
    case refused
  }

  /// An error that no reader should let through.
  public struct Stray: Error, CustomStringConvertible {
    public let description: String
  }

  public let name: String
  private let mutator: Mutator
  private let finish: @Sendable ([UInt8]) -> [UInt8]
  private let read: @Sendable ([UInt8]) throws -> Void

  init(
    _ name: String, seeds: [[UInt8]], words: [String] = [], seed: UInt64,
    finish: @escaping @Sendable ([UInt8]) -> [UInt8] = { $0 },
    read: @escaping @Sendable ([UInt8]) throws -> Void
  ) {
    self.name = name
    mutator = Mutator(
      seeds: seeds, words: words.map { Array($0.utf8) },
      random: RandomSource(seed: seed).split(name))
    self.finish = finish
    self.read = read
  }

  /// Input `index`.
  public func input(_ index: Int) -> [UInt8] { finish(mutator.input(index)) }

  /// Reads input `index`.
  /// - Throws: ``Stray`` for an error that is none of the package's.
  public func run(_ index: Int) throws -> Outcome { try read(input: input(index)) }

  /// Reads these bytes.
  public func read(input: [UInt8]) throws -> Outcome {
    do {
      try read(input)
      return .accepted
    } catch {
      switch error {
      case is ImageError, is DatasetError, is SafetensorsError, is EncoderFileError,
        is ParameterLoadingError, is ConfigurationError, is FileError, is TableError:
        return .refused
      default: throw Stray(description: "\(name): \(type(of: error)): \(error)")
      }
    }
  }
}

/// A folder for the files that readers want, in memory where the system has one for that.
public final class FuzzPlace: Sendable {
  public let path: String

  public init() throws {
    let memory = FileManager.default.isWritableFile(atPath: "/dev/shm")
    path =
      (memory ? "/dev/shm" : FileManager.default.temporaryDirectory.path)
      + "/jepa-fuzz-\(getpid())-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Overwrites a file in the folder; returns its path.
  func write(_ bytes: [UInt8], _ name: String) -> String {
    let file = path + "/" + name
    let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    _ = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
    close(descriptor)
    return file
  }
}
