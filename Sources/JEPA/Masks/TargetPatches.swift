import JEPAViT

/// The patches that are a target of any block, each once: all that a target encoder has to give.
struct TargetPatches {
  /// One sequence per image, patches rising.
  let patches: PatchSequences
  /// For each row of `masks.targetSequences`, its token in `patches`.
  let rows: [Int32]

  init(_ masks: MaskBatch) {
    let byImage = (0..<masks.imageCount).map { image in
      Set(masks.targets.flatMap { $0[image] }).sorted()
    }
    patches = PatchSequences(byImage.enumerated().map { ($0, $1) })
    var tokens: [[Int32: Int32]] = []
    var count: Int32 = 0
    for list in byImage {
      tokens.append(
        Dictionary(uniqueKeysWithValues: list.enumerated().map { ($1, count + Int32($0)) }))
      count += Int32(list.count)
    }
    let wanted = masks.targetSequences
    rows = zip(wanted.images, wanted.patches).map { tokens[Int($0)][$1] ?? 0 }
  }
}
