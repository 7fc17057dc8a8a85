import JEPA
import JEPAData
import JEPAEval
import JEPATensor
import JEPAViT

/// Patches of real training images with the target encoder's embeddings, to show what an embedding
/// looks like: nothing decodes one, but what is real and near can be shown.
struct PatchBank {
  /// Layer-normed embeddings, [patches, D], image by image.
  let embeddings: Tensor
  private let images: [Image]
  private let grid: PatchGrid

  /// - Parameters:
  ///   - target: the target encoder.
  ///   - patches: at most so many, of images at equal distances through the data set.
  /// - Throws: what reading an image throws.
  init(
    _ dataset: any ImageDataset, side: Int, grid: PatchGrid, target: VisionTransformer,
    transform: TargetTransform, patches: Int
  ) throws {
    let count = max(1, min(dataset.count, patches / grid.count))
    let evaluation = EvaluationTransform(height: side, width: side)
    images = try (0..<count).map {
      evaluation.image(from: try dataset.image(at: $0 * dataset.count / count))
    }
    self.grid = grid
    var rows: [Tensor] = []
    for start in stride(from: 0, to: count, by: 32) {
      let batch = Tensor.stacked(images[start..<min(count, start + 32)].map { evaluation($0) })
      rows.append(
        target(batch).tokens.detached().cast(to: .float32).layerNorm(epsilon: transform.epsilon))
    }
    embeddings = .concatenated(rows, axis: 0)
  }

  /// What an image looks like with its hidden patches replaced by those of the bank nearest to
  /// embeddings, and the mean cosine of the two.
  ///
  /// - Parameter wanted: one a hidden patch, [P, D], in the space of layer-normed outputs.
  func picture(_ wanted: Tensor, of question: HiddenQuestion) -> DensityAnswer.Picture {
    let found = NearestNeighbours.rows(nearestTo: wanted, in: embeddings, count: 1).map { $0[0] }
    let near = embeddings.gatherRows(found)
    let products = (wanted * near).sum(axis: 1).doubles()
    let norms = (wanted.square().sum(axis: 1) * near.square().sum(axis: 1)).squareRoot().doubles()
    let cosines = zip(products, norms).map { $0 / max($1, 1e-12) }
    let canvas = question.image
    let image = Image(width: canvas.width, height: canvas.height) { bytes in
      for (index, byte) in canvas.pixels.enumerated() { bytes[index] = byte }
      for (patch, row) in zip(question.hidden, found) {
        let source = images[row / grid.count]
        let to = question.rectangle(of: patch)
        let from = question.rectangle(of: Int32(row % grid.count))
        for y in 0..<to.height {
          for x in 0..<to.width {
            let pixel = source[from.x + x, from.y + y]
            let at = 3 * ((to.y + y) * canvas.width + to.x + x)
            (bytes[at], bytes[at + 1], bytes[at + 2]) = (pixel.red, pixel.green, pixel.blue)
          }
        }
      }
    }
    let bounds = question.bounds
    return DensityAnswer.Picture(
      image: image.cropped(
        x: bounds.x, y: bounds.y, width: bounds.width, height: bounds.height),
      similarity: cosines.reduce(0, +) / Double(max(1, cosines.count)))
  }
}
