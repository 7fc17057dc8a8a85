import Foundation
import Testing

@testable import JEPA

/// A folder that lives as long as the value.
final class TemporaryFolder: Sendable {
  let path = FileManager.default.temporaryDirectory.path + "/jepa-\(UUID().uuidString)"
  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }
}

@Suite struct AtomicFileTests {
  private struct Stop: Error {}

  @Test func writesAndReplaces() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.txt"
    try AtomicFile.write("first", to: path)
    #expect(try FileError.contents(of: path) == Array("first".utf8))
    try AtomicFile.write([1, 2, 3], to: path)
    #expect(try FileError.contents(of: path) == [1, 2, 3])
    try AtomicFile.write([], to: path)
    #expect(try FileError.contents(of: path) == [])
    #expect(folder.names == ["a.txt"])
  }

  @Test func streamsPiecesOfEverySize() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.bin"
    var expected: [UInt8] = []
    try AtomicFile.write(to: path) { writer in
      for size in [0, 1, 7, 65_535, 65_536, 65_537, 200_000, 3] {
        let piece = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ size) }
        expected += piece
        try writer.append(piece)
        #expect(writer.count == expected.count)
      }
      try writer.append("end")
    }
    #expect(try FileError.contents(of: path) == expected + Array("end".utf8))
  }

  @Test func changesNothingWhereTheBodyThrows() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.txt"
    try AtomicFile.write("whole", to: path)
    #expect(throws: Stop.self) {
      try AtomicFile.write(to: path) { writer in
        try writer.append([UInt8](repeating: 0, count: 100_000))
        throw Stop()
      }
    }
    #expect(try FileError.contents(of: path) == Array("whole".utf8))
    #expect(folder.names == ["a.txt"])
  }

  @Test func refusalsNameTheFile() throws {
    let folder = try TemporaryFolder()
    expect("cannot write \(folder.path)/none/a.txt: No such file or directory") {
      try AtomicFile.write("", to: folder.path + "/none/a.txt")
    }
    let blocked = folder.path + "/folder"
    try FileManager.default.createDirectory(
      atPath: blocked + "/inside", withIntermediateDirectories: true)
    expect("cannot write \(blocked): Is a directory") { try AtomicFile.write("", to: blocked) }
    #expect(folder.names == ["folder"])
    expect("cannot write /dev/full/a.txt: Not a directory") {
      try AtomicFile.write("", to: "/dev/full/a.txt")
    }
  }

  @Test func clearsWhatInterruptedWritesLeft() throws {
    let folder = try TemporaryFolder()
    for name in [".a.bin.123.partial", "b.partial", ".hidden"] {
      try AtomicFile.write("x", to: "\(folder.path)/\(name)")
    }
    AtomicFile.removePartialFiles(in: folder.path)
    #expect(folder.names == [".hidden", "b.partial"])
  }
}
