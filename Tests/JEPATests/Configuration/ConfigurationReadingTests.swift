import Foundation
import JEPATensor
import Testing

@testable import JEPA

@Suite struct ConfigurationReadingTests {
  @Test func resolvesAliases() throws {
    let configuration = try TrainingConfiguration(
      yaml: "optimization: {lr: &rate 0.5, start_lr: *rate}")
    #expect(configuration.optimization.lr == 0.5)
    #expect(configuration.optimization.startLR == 0.5)
  }

  @Test func readsWindowsLineEndsAndByteOrderMarks() throws {
    let configuration = try TrainingConfiguration(
      yaml: "\u{FEFF}data:\r\n  batch_size: 3\r\n  root_path: a b\r\n")
    #expect(configuration.data.batchSize == 3)
    #expect(configuration.data.rootPath == "a b")
  }

  /// Whatever is in a file, it is read or refused in one line.
  @Test func damagedFilesAreReadOrRefused() throws {
    let path = try #require(
      Bundle.module.path(forResource: "Resources/reference_schema", ofType: "yaml"))
    let original = try FileError.contents(of: path)
    let pieces = Array("[]{}:,-#&*!|>'\"%@`\n\t 0.e~".utf8)
    var random = RandomSource(seed: 1)
    var refused = 0
    for _ in 0..<2_000 {
      var bytes = original
      for _ in 0...random.integer(below: 4) {
        let place = random.integer(below: bytes.count)
        switch random.integer(below: 4) {
        case 0: bytes[place] = pieces[random.integer(below: pieces.count)]
        case 1: bytes[place] = UInt8(random.integer(below: 256))
        case 2: bytes.remove(at: place)
        default: bytes.removeSubrange(place...)
        }
        if bytes.isEmpty { bytes = [UInt8(ascii: "\n")] }
      }
      do {
        _ = try TrainingConfiguration(yaml: String(decoding: bytes, as: UTF8.self))
      } catch let error as ConfigurationError {
        refused += 1
        #expect(!error.description.contains("\n"), "\(error)")
        #expect(error.origin != nil, "\(error)")
      }
    }
    #expect(refused > 500)
  }
}
