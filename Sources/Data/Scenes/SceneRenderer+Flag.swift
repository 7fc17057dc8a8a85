import Foundation

extension SceneRenderer {
  /// Draws a scene with the flag given. The flag comes last and covers whole pixels, those of the
  /// region, so that it leaves no trace outside.
  func image(of scene: AmbiguousScene, flag: AmbiguousScene.Flag) -> Image {
    self(scene.backdrop) { canvas in
      drawPole(of: scene, on: canvas)
      fly(flag, scene, on: canvas)
    }
  }

  private func drawPole(
    of scene: AmbiguousScene, on canvas: UnsafeMutableBufferPointer<Scene.Color>
  ) {
    let columns = scene.placement.pole
    let color = scene.pole.color.value
    let middle = (Float(columns.lowerBound) + Float(columns.upperBound)) / 2
    let top = scene.region.y - columns.count / 2
    for x in columns where 0..<width ~= x {
      // A round pole, lit from the left.
      let place = (Float(x) + 0.5 - middle) / (Float(columns.count) / 2)  // -1 ... 1
      let shade = 0.92 - 0.22 * place - 0.14 * place * place
      for y in max(0, top)..<height {
        let isRing = scene.placement.rings.contains { $0.contains(y) }
        canvas[y * width + x] = shade * (isRing ? Scene.Color(0.09, 0.09, 0.13) : color)
      }
    }
    let ball = Scene.Figure(
      shape: .disc,
      center: [
        (middle - Float(width) / 2) / scale, (Float(top) - Float(height) / 2) / scale,
      ], radius: 0.82 * Float(columns.count) / scale, angle: 0, colors: [color])
    draw(ball, on: canvas)
  }

  private func fly(
    _ flag: AmbiguousScene.Flag, _ scene: AmbiguousScene,
    on canvas: UnsafeMutableBufferPointer<Scene.Color>
  ) {
    let region = scene.region
    let samples = 4
    let step: Scene.Point = [
      2 / Float(region.width * samples), 2 / Float(region.height * samples),
    ]
    for y in 0..<region.height {
      for x in 0..<region.width {
        var sum = Scene.Color.zero
        for i in 0..<samples {
          for j in 0..<samples {
            let place: Scene.Point = [
              Float(x * samples + j) + 0.5, Float(y * samples + i) + 0.5,
            ]
            sum += flag.color(at: place * step - 1)
          }
        }
        // Folds in the cloth, the same in every flag.
        let along = Float(x) / Float(region.width) + 0.25 * Float(y) / Float(region.height)
        let shade = 0.93 + 0.07 * sin(2 * .pi * (1.5 * along + scene.placement.fold))
        canvas[(region.y + y) * width + region.x + x] = shade / Float(samples * samples) * sum
      }
    }
  }
}

extension AmbiguousScene.Pole.Color {
  fileprivate var value: Scene.Color {
    switch self {
    case .yellow: Scene.Color(1.0, 0.82, 0.16)
    case .green: Scene.Color(0.13, 0.72, 0.42)
    case .pink: Scene.Color(0.98, 0.55, 0.78)
    }
  }
}
