import JEPATensor

/// Token sequences of different lengths, one after another without padding.
///
/// Layers that work token by token see one matrix; attention stays within each sequence. So every
/// image keeps all the tokens it has: nothing is cut to the shortest in the batch.
public struct TokenSequences: Sendable {
  /// [T, D], all sequences' tokens.
  public var tokens: Tensor
  /// [B + 1]; sequence b holds the tokens `offsets[b] ..< offsets[b + 1]`.
  public let offsets: [Int]

  public init(tokens: Tensor, offsets: [Int]) {
    require(
      offsets.first == 0 && offsets.last == tokens.shape[0],
      "TokenSequences: offsets end at \(offsets.last ?? -1), tokens are \(tokens.shape)")
    self.tokens = tokens
    self.offsets = offsets
  }

  /// The number of sequences.
  public var count: Int { offsets.count - 1 }
}

/// Which patches of which images a batch of sequences consists of.
public struct PatchSequences: Sendable {
  /// Per token, the image it is cut from.
  public let images: [Int32]
  /// Per token, its patch, row by row on the image's grid.
  public let patches: [Int32]
  /// [B + 1], as in ``TokenSequences``.
  public let offsets: [Int]

  /// One sequence per entry.
  public init(_ sequences: [(image: Int, patches: [Int32])]) {
    var images: [Int32] = []
    var patches: [Int32] = []
    var offsets = [0]
    for sequence in sequences {
      images.append(contentsOf: repeatElement(Int32(sequence.image), count: sequence.patches.count))
      patches.append(contentsOf: sequence.patches)
      offsets.append(patches.count)
    }
    self.images = images
    self.patches = patches
    self.offsets = offsets
  }

  /// All `patchCount` patches of each of `imageCount` images.
  public static func all(imageCount: Int, patchCount: Int) -> PatchSequences {
    let every = (0..<Int32(patchCount)).map { $0 }
    return PatchSequences((0..<imageCount).map { ($0, every) })
  }

  /// The same sequences in groups of about `tokens` tokens, and at least one sequence each; one group
  /// of none where there are none.
  func groups(ofTokens tokens: Int) -> [PatchSequences] {
    var groups: [PatchSequences] = []
    var first = 0
    repeat {
      var last = min(first + 1, offsets.count - 1)
      while last < offsets.count - 1, offsets[last + 1] - offsets[first] <= tokens { last += 1 }
      groups.append(self[first..<last])
      first = last
    } while first < offsets.count - 1
    return groups
  }

  private subscript(range: Range<Int>) -> PatchSequences {
    let rows = offsets[range.lowerBound]..<offsets[range.upperBound]
    return PatchSequences(
      images: Array(images[rows]), patches: Array(patches[rows]),
      offsets: offsets[range.lowerBound...range.upperBound].map { $0 - rows.lowerBound })
  }

  private init(images: [Int32], patches: [Int32], offsets: [Int]) {
    self.images = images
    self.patches = patches
    self.offsets = offsets
  }
}
