import JEPA
import JEPAData
import JEPATensor
import JEPAViT

extension AmbiguousScenes {
  /// Whether the flag fills the patches that it touches. Otherwise these hold parts of the backdrop as
  /// well, which a context without them does not know, and the truth is not known either.
  public func fillsPatches(of grid: PatchGrid) -> Bool {
    let cell = size / settings.grid
    return size.isMultiple(of: grid.rows) && size.isMultiple(of: grid.columns)
      && cell.isMultiple(of: size / grid.rows) && cell.isMultiple(of: size / grid.columns)
  }

  /// The distributions of the targets at the flags' patches, given everything else: every flag that may
  /// be there is drawn, and the image encoded whole, as targets are. Flags that cannot be there become
  /// the rows' alternatives.
  ///
  /// Completions nearer to each other than 2 σ, between which a mixture of two equal Gaussians has no
  /// valley, count as one.
  ///
  /// - Parameters:
  ///   - indices: positions in the data set.
  ///   - transform: without whitening, which would make the targets' noise another in each direction.
  ///   - targetEncoder: in the type in which targets are computed.
  /// - Returns: one row per image and patch, in the order of `regionMasks(indices, on:)`; float32.
  public func truth(
    of indices: [Int], transform: TargetTransform, targetEncoder: VisionTransformer
  ) -> CompletionDensity {
    require(transform.whitening == nil, "AmbiguousScenes.truth: whitened targets")
    let toTensor = EvaluationTransform(height: size, width: size)
    let rows = indices.flatMap { index -> [TrueCompletions] in
      let scene = scene(at: index)
      let others = AmbiguousScene.Flag.cycle.filter { !scene.completions.contains($0) }
      let images = (scene.completions + others).map { toTensor(scene.image(flag: $0)) }
      let batch = Tensor.stacked(images)  // [F, 3, H, W]
      let grid = targetEncoder.grid(of: batch)
      let outputs = targetEncoder(batch).tokens  // [F · P, D]
      let possible = scene.completions.count
      return scene.hiddenPatches(on: grid).map { patch in
        func targets(_ flags: Range<Int>) -> Tensor {
          transform.clean(outputs.gatherRows(flags.map { Int32($0 * grid.count) + patch }))
            .cast(to: .float32)
        }
        return TrueCompletions(
          embeddings: targets(0..<possible), probabilities: scene.probabilities,
          alternatives: targets(possible..<images.count), mergingWithin: 2 * transform.noise)
      }
    }
    return CompletionDensity(rows: rows, noise: transform.noise)
  }
}
