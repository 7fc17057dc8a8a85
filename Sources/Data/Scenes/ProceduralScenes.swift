import JEPATensor

/// Images that are drawn, not read: a textured shape on a noisy background, among clutter. Needs no
/// download.
///
/// The class is the subject's shape and texture, twelve in all. Colour, place, size, angle, light,
/// background and clutter are independent of it, so that mean colour tells nothing. An image depends
/// on the seed, the split and its index alone; classes take turns.
public struct ProceduralScenes: ImageDataset {
  public let count: Int
  public let seed: UInt64
  public let split: DatasetSplit
  /// How much colours, light, angle and clutter vary, 0 ... 1: see `Scene.random`.
  public let variation: Float
  public let renderer: SceneRenderer
  private let random: RandomSource

  /// - Parameters:
  ///   - count: The number of images.
  ///   - seed: Another seed gives other images.
  ///   - split: Training and validation images of a seed differ.
  ///   - height, width: In pixels.
  ///   - variation: How much colours, light, angle and clutter vary, 0 ... 1. The more, the harder
  ///     it is to find the classes.
  public init(
    count: Int, seed: UInt64 = 0, split: DatasetSplit = .train, height: Int = 64, width: Int = 64,
    variation: Float = 0.5
  ) {
    require(
      count >= 0 && 0...1 ~= variation,
      "ProceduralScenes: count \(count), variation \(variation)")
    self.variation = variation
    self.count = count
    self.seed = seed
    self.split = split
    renderer = SceneRenderer(height: height, width: width)
    random = RandomSource(seed: seed).split("ProceduralScenes").split(split.rawValue)
  }

  public var classNames: [String] {
    Scene.Shape.allCases.flatMap { shape in
      Scene.Texture.allCases.map { "\(shape.rawValue)-\($0.rawValue)" }
    }
  }

  public func label(at index: Int) -> Int {
    index % (Scene.Shape.allCases.count * Scene.Texture.allCases.count)
  }

  /// What the image at `index` shows.
  public func scene(at index: Int) -> Scene {
    require(
      0..<count ~= index, "ProceduralScenes.scene: index \(index) is outside 0 ..< \(count)")
    let (shape, texture) = label(at: index).quotientAndRemainder(
      dividingBy: Scene.Texture.allCases.count)
    return Scene.random(
      shape: Scene.Shape.allCases[shape], texture: Scene.Texture.allCases[texture],
      variation: variation, using: random.split(index))
  }

  public func image(at index: Int) -> Image { renderer(scene(at: index)) }

  public func name(at index: Int) -> String {
    "procedural scene \(index) (\(split.rawValue), seed \(seed))"
  }
}
