import JEPATensor

/// A defect of a file that leaves every pixel intact.
public enum ImageDefect: String, Sendable, CaseIterable {
  case jfifVersion = "an unknown JFIF version"
  case adobeTransform = "an unknown Adobe color transform"
  case strayBytes = "stray bytes before a marker"
  case scanParameters = "scan parameters that baseline JPEG does not have"
}

/// The files with defects that leave every pixel intact. They are read like any other, and counted once each,
/// however often they are read.
public final class ImageDefects: Sendable {
  private struct State {
    var names = Set<String>()
    var counts: [ImageDefect: Int] = [:]
  }

  private let state = Lock(State())

  public init() {}

  func note(_ defects: [ImageDefect], in name: String) {
    if defects.isEmpty { return }
    state.withLock { state in
      guard state.names.insert(name).inserted else { return }
      for defect in defects { state.counts[defect, default: 0] += 1 }
    }
  }

  /// The number of files.
  public var count: Int { state.withLock { $0.names.count } }

  /// One line that says how many files have which defect; nil where there are none.
  public var summary: String? {
    state.withLock { state in
      if state.names.isEmpty { return nil }
      let kinds = ImageDefect.allCases.compactMap { kind in
        state.counts[kind].map { "\(kind.rawValue) (\($0))" }
      }
      let files = state.names.count
      return
        "\(files) image \(files == 1 ? "file has a defect" : "files have defects") that left every pixel "
        + "intact: " + kinds.joined(separator: ", ")
    }
  }
}
