import Foundation
import Testing

@testable import JEPA

/// `~` at the beginning of paths.
@Suite struct HomePathTests {
  @Test(arguments: [
    ("~", "/home/ada"), ("~/", "/home/ada/"), ("~/runs/x", "/home/ada/runs/x"),
    ("runs/~x", "runs/~x"), ("./~x", "./~x"), ("a~", "a~"), ("", ""), ("/~/x", "/~/x"),
  ])
  func theHomeFolderIsPutIn(_ path: String, _ expected: String) throws {
    #expect(try HomePath.expanded(path, home: "/home/ada") == expected)
  }

  @Test func rootsHomeHasNoSecondSlash() throws {
    #expect(try HomePath.expanded("~/x", home: "/") == "/x")
  }

  /// As a shell does where HOME is not set, and for other users.
  @Test func theSystemKnowsUsersHomes() throws {
    let own = try HomePath.expanded("~/x", home: nil)
    #expect(own.hasPrefix("/") && own.hasSuffix("/x"))
    #expect(try HomePath.expanded("~/x", home: "") == own)
    let root = try HomePath.expanded("~root/x", home: "/home/ada")
    #expect(root.hasPrefix("/") && root.hasSuffix("/x") && !root.hasPrefix("/home/ada"))
  }

  @Test func usersThatAreNotThereAreRefused() {
    let error = #expect(throws: FileError.self) { try HomePath.expanded("~nobody.at.all/x") }
    #expect(
      error?.description
        == "cannot expand ~nobody.at.all/x: there is no user nobody.at.all; write the "
        + "whole path, or ./~nobody.at.all/x for a name that begins with ~")
  }

  /// Every key of a configuration that is a path.
  @Test(arguments: ["data.root_path", "data.image_folder", "logging.folder"])
  func keysArePaths(_ key: String) throws {
    let home = try HomePath.expanded("~")
    let words = key.split(separator: ".")
    let file = try TrainingConfiguration(yaml: "\(words[0]):\n  \(words[1]): ~/x\n")
    let override = try TrainingConfiguration().applying(overrides: [key + "=~/x"])
    for configuration in [file, override] {
      let values = [
        configuration.data.rootPath, configuration.data.imageFolder, configuration.logging.folder,
      ]
      #expect(values.filter { $0 == home + "/x" }.count == 1)
    }
    let error = #expect(throws: ConfigurationError.self) {
      try TrainingConfiguration().applying(overrides: [key + "=~nobody.at.all"])
    }
    #expect(error?.description.contains("\(key) is no path: cannot expand ~nobody.at.all") ?? false)
    #expect(throws: ConfigurationError.self) {
      try TrainingConfiguration(yaml: "\(words[0]):\n  \(words[1]): ~\n")
    }
  }

  /// The byte-order mark that Windows' editors write is no part of the first key.
  @Test func configurationsMayBeginWithAByteOrderMark() throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(
      "jepa-mark-\(UUID().uuidString).yaml")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data("\u{FEFF}data:\n  batch_size: 3\n".utf8).write(to: file)
    #expect(try TrainingConfiguration(contentsOf: file.path).data.batchSize == 3)
  }
}
