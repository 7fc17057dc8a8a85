import Foundation
import JEPAData
import JEPADistributed

/// The package's version.
public enum JEPAVersion {
  /// As in `CHANGELOG.md`.
  public static let current = "0.1.0-dev"
}

/// What a run's bits depend on beside its configuration: the data set and the program.
package struct RunOrigin: Sendable, Equatable {
  /// Number of images and classes, and the CRC-32C of all names and labels.
  package let dataset: String
  /// The version, and the CRC-32C of the executable.
  let program: String

  package init(_ dataset: any ImageDataset) {
    self.dataset = Self.description(of: dataset)
    program = Self.program
  }

  /// Checks that all processes have the data and the program of the first.
  /// - Throws: `JointFailure` where one differs.
  func requireSame(over communicator: any Communicator) throws {
    let first = try communicator.shared { [dataset, program] }
    try communicator.together {
      for (name, own, other) in [
        ("data", dataset, first[0]), ("program", program, first[1]),
      ] where own != other {
        throw CommunicatorError(
          "its \(name) (\(own)) and that of process 0 (\(other)) differ; give all processes the same"
        )
      }
    }
  }

  /// Names count from where they begin to differ, so that a data set may move to another folder. What is in
  /// the files is not read.
  private static func description(of dataset: any ImageDataset) -> String {
    var crc = CRC32C()
    func take(_ text: Substring.UTF8View) {
      Array(text).withUnsafeBytes { crc.update($0) }
      [0].withUnsafeBytes { crc.update($0) }
    }
    for name in dataset.classNames { take(name[...].utf8) }
    let folder = commonFolder(of: dataset)
    for index in 0..<dataset.count {
      take(dataset.name(at: index).utf8.dropFirst(folder))
      [Int64(dataset.label(at: index)).littleEndian].withUnsafeBytes { crc.update($0) }
    }
    return "\(dataset.count) images in \(dataset.classNames.count) classes, names and labels "
      + CRC32C.digits(crc.value)
  }

  /// The length in bytes of the folders that all names have in common.
  private static func commonFolder(of dataset: any ImageDataset) -> Int {
    guard dataset.count > 1 else { return 0 }
    let first = Array(dataset.name(at: 0).utf8)
    var length = first.count
    for index in 1..<dataset.count where length > 0 {
      length = zip(first[..<length], dataset.name(at: index).utf8).prefix { $0 == $1 }.count
    }
    return first[..<length].lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
  }

  private static let program: String = {
    guard let file = FileHandle(forReadingAtPath: "/proc/self/exe") else {
      return JEPAVersion.current
    }
    var crc = CRC32C()
    while let part = try? file.read(upToCount: 1 << 20), !part.isEmpty {
      part.withUnsafeBytes { crc.update($0) }
    }
    return JEPAVersion.current + ", build " + CRC32C.digits(crc.value)
  }()
}
