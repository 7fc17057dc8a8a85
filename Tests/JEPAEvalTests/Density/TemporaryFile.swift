import Foundation

/// A file of its own for one test, removed when the value goes away.
final class TemporaryFile {
  let url: URL
  var path: String { url.path }

  init(_ data: Data) throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("jepa-density-\(UUID().uuidString).csv")
    try data.write(to: url)
  }

  convenience init(_ text: String) throws { try self.init(Data(text.utf8)) }

  deinit { try? FileManager.default.removeItem(at: url) }
}
