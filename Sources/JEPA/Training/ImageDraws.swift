import JEPATensor
import JEPAViT

/// Where the images of a part of a batch draw from in a step. What an image draws depends on its index in the whole
/// batch alone, so that the batch can be cut into any number of parts.
struct ImageDraws {
  private let images: [RandomSource]
  private let shared: RandomSource

  /// - Parameters:
  ///   - images: indices in the whole batch.
  ///   - source: the step's.
  init(_ images: Range<Int>, from source: RandomSource) {
    let source = source.split("images")
    self.images = images.map { source.split($0) }
    shared = source.split("shared")
  }

  func split(_ purpose: String) -> ImageDraws {
    ImageDraws(images: images.map { $0.split(purpose) }, shared: shared.split(purpose))
  }

  private init(images: [RandomSource], shared: RandomSource) {
    (self.images, self.shared) = (images, shared)
  }

  /// A stream for each sequence; in what order sequences come, images take turns.
  func perSequence(_ sequences: PatchSequences) -> RandomRows {
    let count = sequences.offsets.count - 1
    let rows = (0..<count).map { images[$0 % images.count].split($0 / images.count) }
    return RandomRows(rows, shared: shared)
  }

  /// A stream for each token.
  func perToken(_ sequences: PatchSequences) -> RandomRows {
    var before = [Int](repeating: 0, count: images.count)
    let rows = sequences.images.map { image in
      defer { before[Int(image)] += 1 }
      return images[Int(image)].split(before[Int(image)])
    }
    return RandomRows(rows, shared: shared)
  }
}
