import JEPATensor

/// An image that could not be read.
public struct BrokenImage: Sendable, Equatable, CustomStringConvertible {
  /// Its position in the data set.
  public let index: Int
  /// What is wrong with it, with its path.
  public let description: String
}

/// More images are broken than a loader bears.
public struct TooManyBrokenImages: Error, Sendable, Equatable, CustomStringConvertible {
  /// All that were met, in the order in which they were met.
  public let images: [BrokenImage]
  /// How many are borne.
  public let limit: Int
  /// The number of images in the data set.
  public let count: Int

  public var description: String {
    let shown = images.prefix(5).map(\.description).joined(separator: " | ")
    let more = images.count > 5 ? " | and \(images.count - 5) more" : ""
    return "at least \(images.count) of \(count) images are broken, more than the \(limit) that "
      + "are borne; replace or remove them: \(shown)\(more)"
  }
}

/// The images that turned out to be broken, shared by a loader's workers and epochs.
final class BrokenImages: Sendable {
  private struct State {
    /// All that any worker has met: they are not tried again.
    var known: [Int: BrokenImage] = [:]
    /// Those that a delivered batch had to replace, in order of delivery.
    var reported: [BrokenImage] = []
    var reportedIndices = Set<Int>()
  }

  private let state = Lock(State())

  func record(of index: Int) -> BrokenImage? { state.withLock { $0.known[index] } }

  func insert(_ image: BrokenImage) { state.withLock { $0.known[image.index] = image } }

  /// Adds the broken images that a delivered batch met; returns those that are new.
  func report(_ images: [BrokenImage]) -> [BrokenImage] {
    if images.isEmpty { return [] }
    return state.withLock { state in
      let new = images.filter { state.reportedIndices.insert($0.index).inserted }
      state.reported += new
      return new
    }
  }

  var reported: [BrokenImage] { state.withLock { $0.reported } }
}
