import JEPATensor

extension AmbiguousScene {
  /// Draws a scene. Each part has its own stream of `random`: all that is visible is drawn without
  /// regard to the flag.
  static func random(
    size: Int, settings: AmbiguousScenes.Settings, using random: RandomSource
  ) -> AmbiguousScene {
    let pole = Pole.random(settings, using: random.split("pole"))
    let place = random.split("place")
    let (region, placement) = Placement.random(size, settings, pole: pole, using: place)
    return AmbiguousScene(
      backdrop: .backdrop(variation: settings.variation, using: random.split("backdrop")),
      pole: pole, placement: placement, skew: settings.skew,
      drawn: draw(pole.probabilities(skew: settings.skew), using: random.split("flag")),
      region: region)
  }

  private static func draw(_ probabilities: [Double], using random: RandomSource) -> Int {
    var random = random
    var rest = random.uniform()
    for (index, probability) in probabilities.enumerated() {
      rest -= probability
      if rest < 0 { return index }
    }
    return probabilities.count - 1  // where rounding left a little
  }
}

extension AmbiguousScene.Pole {
  /// One ring with probability 1 - `settings.ambiguous`, else 2 ... `settings.modes`, each as
  /// probable; any colour.
  static func random(
    _ settings: AmbiguousScenes.Settings, using random: RandomSource
  ) -> AmbiguousScene.Pole {
    var random = random
    let color = Color.allCases[random.integer(below: Color.allCases.count)]
    let isAmbiguous = random.uniform() < settings.ambiguous
    let rings = isAmbiguous ? 2 + random.integer(below: settings.modes - 1) : 1
    return AmbiguousScene.Pole(color: color, rings: rings)
  }
}

extension AmbiguousScene.Placement {
  /// The flag on the grid, anywhere with a column to one side of it for the pole; the rings one
  /// above the other in the rows of the flag.
  static func random(
    _ size: Int, _ settings: AmbiguousScenes.Settings, pole: AmbiguousScene.Pole,
    using random: RandomSource
  ) -> (ImageRegion, AmbiguousScene.Placement) {
    var random = random
    let cell = size / settings.grid
    let extent = settings.region * cell
    let isPoleLeft = random.integer(below: 2) == 0
    let row = random.integer(below: settings.grid - settings.region + 1)
    let column = random.integer(below: settings.grid - settings.region) + (isPoleLeft ? 1 : 0)
    let region = ImageRegion(
      x: column * cell, y: row * cell, width: extent, height: extent, imageWidth: size,
      imageHeight: size)
    let thickness = max(2, cell * 5 / 8)
    let left = isPoleLeft ? region.x - thickness : region.x + extent
    let pitch = settings.ringPitch(size: size)
    let height = pitch - max(1, pitch / 3)
    let slack = extent - pole.rings * pitch
    let top = region.y + (pitch - height) / 2 + random.integer(below: slack + 1)
    return (
      region,
      AmbiguousScene.Placement(
        pole: left..<left + thickness,
        rings: (0..<pole.rings).map { top + $0 * pitch..<top + $0 * pitch + height },
        fold: Float(random.uniform()))
    )
  }
}

extension Scene {
  /// A scene to stand behind a flag: smaller and fainter than a procedural scene's subject.
  static func backdrop(variation: Float, using random: RandomSource) -> Scene {
    var kind = random.split("kind")
    var scene = Scene.random(
      shape: Shape.allCases[kind.integer(below: Shape.allCases.count)],
      texture: Texture.allCases[kind.integer(below: Texture.allCases.count)],
      variation: variation, using: random)
    scene.subject.radius *= 0.62
    scene.subject.colors = scene.subject.colors.map { 0.5 * ($0 + scene.background.colors[0]) }
    scene.occluders = []
    return scene
  }
}
