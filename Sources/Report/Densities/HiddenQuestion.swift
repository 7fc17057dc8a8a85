import JEPA
import JEPAData
import JEPAViT

/// A part of one image that is hidden, and everything that might be there where that is known.
public struct HiddenQuestion: Sendable, Equatable {
  /// What may be there.
  public struct Completion: Sendable, Equatable {
    public let image: Image
    /// Nil where the true distribution is not known.
    public let probability: Double?
    public let name: String
  }

  /// In words, such as "green pole, 3 rings".
  public let title: String
  /// As the encoder sees it, before normalisation.
  public let image: Image
  public let grid: PatchGrid
  /// Patches that the context encoder sees, rising.
  public let shown: [Int32]
  /// Patches that are asked for, rising.
  public let hidden: [Int32]
  /// One alone where only what is there is known.
  public let completions: [Completion]
  /// The completion that is there.
  public let drawn: Int

  public var isAmbiguous: Bool { completions.count > 1 }

  var masks: MaskBatch { MaskBatch(contexts: [[shown]], targets: [[hidden]]) }

  /// The patch whose embedding is looked at closely: the one in the middle of the list.
  var middle: Int { hidden.count / 2 }

  /// The pixels of a patch.
  func rectangle(of patch: Int32) -> (x: Int, y: Int, width: Int, height: Int) {
    let (width, height) = (image.width / grid.columns, image.height / grid.rows)
    let (row, column) = (Int(patch) / grid.columns, Int(patch) % grid.columns)
    return (column * width, row * height, width, height)
  }

  /// The least rectangle of pixels that holds all hidden patches.
  var bounds: (x: Int, y: Int, width: Int, height: Int) {
    let all = hidden.map(rectangle)
    let (x, y) = (all.map(\.x).min() ?? 0, all.map(\.y).min() ?? 0)
    let right = all.map { $0.x + $0.width }.max() ?? 1
    let bottom = all.map { $0.y + $0.height }.max() ?? 1
    return (x, y, right - x, bottom - y)
  }
}

extension HiddenQuestion {
  /// Questions about held-out images, the same for every run of the same data and masks: of ambiguous
  /// scenes one with most and one with two completions, the flag hidden; otherwise a target block of
  /// each of `count` images at equal distances.
  ///
  /// - Throws: what opening the data set and reading an image throw.
  public static func some(
    _ configuration: TrainingConfiguration, count: Int = 2
  ) throws -> [HiddenQuestion] {
    let grid = try configuration.encoderConfiguration().grid
    let dataset = try configuration.data.openDataset(.validation)
    if let scenes = dataset as? AmbiguousScenes {
      let all = (0..<min(500, scenes.count)).lazy.map { scenes.scene(at: $0) }
      let most = all.first { $0.completions.count == scenes.settings.modes }
      let two = all.first { $0.completions.count == 2 && $0.pole.color != most?.pole.color }
      return [most, two].compactMap(\.self).prefix(count).map { HiddenQuestion($0, on: grid) }
    }
    let side = configuration.data.cropSize
    let transform = EvaluationTransform(height: side, width: side)
    let masks = MaskSource(configuration.mask, grid: grid, seed: 0)
    return try (0..<min(count, dataset.count)).map { number in
      let index = number * dataset.count / count
      let image = transform.image(from: try dataset.image(at: index))
      let drawn = masks.masks(epoch: -1, step: number, indices: [index])
      return HiddenQuestion(
        title: "\(dataset.classNames[dataset.label(at: index)]), held-out image \(index)",
        image: image, grid: grid, shown: drawn.contexts[0][0], hidden: drawn.targets[0][0],
        completions: [Completion(image: image, probability: nil, name: "what is there")], drawn: 0)
    }
  }

  init(_ scene: AmbiguousScene, on grid: PatchGrid) {
    let masks = MaskBatch(hiding: [scene.region], on: grid)
    let rings = scene.pole.rings == 1 ? "1 ring" : "\(scene.pole.rings) rings"
    self.init(
      title: "\(scene.pole.color.rawValue) pole, \(rings)", image: scene.image, grid: grid,
      shown: masks.contexts[0][0], hidden: masks.targets[0][0],
      completions: scene.completions.indices.map { index in
        Completion(
          image: scene.image(completion: index), probability: scene.probabilities[index],
          name: scene.completions[index].description)
      }, drawn: scene.drawn)
  }
}
