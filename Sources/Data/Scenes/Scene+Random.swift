import JEPATensor

extension Scene {
  /// Draws a scene whose subject has the shape and the texture given.
  ///
  /// Each part has its own stream of `random`, so that one can be drawn anew while the others stay.
  public static func random(
    shape: Shape, texture: Texture, using random: RandomSource
  ) -> Scene {
    var clutter = random.split("clutter")
    var occluders = random.split("occluders")
    return Scene(
      background: .random(using: random.split("background")),
      clutter: (0..<3 + clutter.integer(below: 5)).map { _ in .smallPlain(using: &clutter) },
      subject: .subject(shape, texture, using: random.split("subject")),
      occluders: (0..<occluders.integer(below: 3)).map { _ in .smallPlain(using: &occluders) },
      light: .random(using: random.split("light")))
  }
}

extension Scene.Figure {
  static func subject(
    _ shape: Scene.Shape, _ texture: Scene.Texture, using random: RandomSource
  ) -> Scene.Figure {
    var random = random
    let radius = random.float(in: 0.27...0.40)
    let reach = 0.5 - 0.75 * radius
    return Scene.Figure(
      shape: shape, texture: texture,
      center: [random.float(in: -reach...reach), random.float(in: -reach...reach)],
      radius: radius, angle: random.float(in: 0...2 * .pi),
      colors: Scene.contrastingColors(using: &random),
      period: random.float(in: 0.10...0.15), textureAngle: random.float(in: 0...2 * .pi),
      phase: [random.float(in: 0...1), random.float(in: 0...1)])
  }

  static func smallPlain(using random: inout RandomSource) -> Scene.Figure {
    Scene.Figure(
      shape: Scene.Shape.allCases[random.integer(below: Scene.Shape.allCases.count)],
      texture: nil,
      center: [random.float(in: -0.5...0.5), random.float(in: -0.5...0.5)],
      radius: random.float(in: 0.03...0.09), angle: random.float(in: 0...2 * .pi),
      colors: [Scene.color(using: &random)])
  }
}

extension Scene.Background {
  static func random(using random: RandomSource) -> Scene.Background {
    var random = random
    let size = 4 + random.integer(below: 3)
    let first = Scene.color(using: &random)
    // A second colour near the first, so that the background's edges do not outweigh the subject's.
    let offset = Scene.color(using: &random) - 0.5
    let second = (first + 0.7 * offset).clamped(lowerBound: .zero, upperBound: .one)
    return Scene.Background(
      colors: [first, second],
      lattice: (0..<size * size).map { _ in random.float(in: 0...1) }, latticeSize: size,
      gradient: [random.float(in: -0.5...0.5), random.float(in: -0.5...0.5)])
  }
}

extension Scene.Light {
  static func random(using random: RandomSource) -> Scene.Light {
    var random = random
    return Scene.Light(
      level: random.float(in: 0.65...1.1),
      slope: [random.float(in: -0.5...0.5), random.float(in: -0.5...0.5)])
  }
}

extension Scene {
  static func color(using random: inout RandomSource) -> Color {
    [random.float(in: 0.05...0.95), random.float(in: 0.05...0.95), random.float(in: 0.05...0.95)]
  }

  /// Two colours whose lumas differ by at least 0.35.
  static func contrastingColors(using random: inout RandomSource) -> [Color] {
    let weights = Color(0.299, 0.587, 0.114)
    let first = color(using: &random)
    var second = color(using: &random)
    let luma = (first * weights).sum()
    // Shift the second along grey until it is far enough, to the side that has the room.
    let wanted = random.float(in: 0.35...0.55)
    let target = luma > 0.5 ? luma - wanted : luma + wanted
    second += target - (second * weights).sum()
    return [first, second.clamped(lowerBound: .zero, upperBound: .one)]
  }
}

extension RandomSource {
  fileprivate mutating func float(in range: ClosedRange<Float>) -> Float {
    range.lowerBound + Float(uniform()) * (range.upperBound - range.lowerBound)
  }
}
