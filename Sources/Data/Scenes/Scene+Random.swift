import JEPATensor

extension Scene {
  /// Draws a scene whose subject has the shape and the texture given.
  ///
  /// Each part has its own stream of `random`, so that one can be drawn anew while the others stay.
  ///
  /// - Parameter variation: How much colours, light, angle and clutter vary, from 0 (subjects of
  ///   like colours, upright, on grey) to 1 (any). Place, size and texture offset always vary.
  public static func random(
    shape: Shape, texture: Texture, variation: Float = 0.5, using random: RandomSource
  ) -> Scene {
    require(0...1 ~= variation, "Scene.random: variation \(variation) is outside 0 ... 1")
    var clutter = random.split("clutter")
    var occluders = random.split("occluders")
    let most = 2 + Int(6 * variation)
    return Scene(
      background: .random(variation, using: random.split("background")),
      clutter: (0..<clutter.integer(below: most + 1)).map { _ in
        .smallPlain(variation, using: &clutter)
      },
      subject: .subject(shape, texture, variation, using: random.split("subject")),
      occluders: (0..<occluders.integer(below: 3)).map { _ in
        .smallPlain(variation, using: &occluders)
      },
      light: .random(variation, using: random.split("light")))
  }
}

extension Scene.Figure {
  static func subject(
    _ shape: Scene.Shape, _ texture: Scene.Texture, _ variation: Float, using random: RandomSource
  ) -> Scene.Figure {
    var random = random
    let radius = random.float(in: 0.32...0.46)
    let reach = 0.5 - 0.8 * radius
    let angle = 0.1 + 0.5 * variation
    return Scene.Figure(
      shape: shape, texture: texture,
      center: [random.float(in: -reach...reach), random.float(in: -reach...reach)],
      radius: radius, angle: random.float(in: -angle...angle),
      colors: Scene.contrastingColors(variation, using: &random),
      period: random.float(in: 0.13...0.18), textureAngle: random.float(in: -angle...angle),
      phase: [random.float(in: 0...1), random.float(in: 0...1)])
  }

  static func smallPlain(_ variation: Float, using random: inout RandomSource) -> Scene.Figure {
    Scene.Figure(
      shape: Scene.Shape.allCases[random.integer(below: Scene.Shape.allCases.count)],
      texture: nil,
      center: [random.float(in: -0.5...0.5), random.float(in: -0.5...0.5)],
      radius: random.float(in: 0.03...0.08), angle: random.float(in: 0...2 * .pi),
      colors: [
        Scene.color(luma: random.float(in: 0.1...0.9), saturation: variation, using: &random)
      ])
  }
}

extension Scene.Background {
  static func random(_ variation: Float, using random: RandomSource) -> Scene.Background {
    var random = random
    let size = 4 + random.integer(below: 3)
    // Around the middle between a subject's two colours, so that both stand out.
    let spread = 0.05 + 0.25 * variation
    let colors = (0..<2).map { _ in
      Scene.color(
        luma: 0.5 + random.float(in: -spread...spread), saturation: 0.5 * variation,
        using: &random)
    }
    return Scene.Background(
      colors: colors, lattice: (0..<size * size).map { _ in random.float(in: 0...1) },
      latticeSize: size, gradient: [random.float(in: -0.5...0.5), random.float(in: -0.5...0.5)])
  }
}

extension Scene.Light {
  static func random(_ variation: Float, using random: RandomSource) -> Scene.Light {
    var random = random
    let slope = 0.5 * variation
    return Scene.Light(
      level: random.float(in: 1 - 0.35 * variation...1 + 0.1 * variation),
      slope: [random.float(in: -slope...slope), random.float(in: -slope...slope)])
  }
}

extension Scene {
  private static let lumaWeights = Color(0.299, 0.587, 0.114)

  /// A colour of the luma given, between grey (`saturation` 0) and any (1).
  static func color(luma: Float, saturation: Float, using random: inout RandomSource) -> Color {
    let any: Color = [random.float(in: 0...1), random.float(in: 0...1), random.float(in: 0...1)]
    let chroma = any - (any * lumaWeights).sum()
    return (luma + saturation * chroma).clamped(lowerBound: .zero, upperBound: .one)
  }

  /// A dark and a light colour.
  static func contrastingColors(
    _ variation: Float, using random: inout RandomSource
  ) -> [Color] {
    let spread = 0.05 + 0.15 * variation
    return [0.2, 0.8].map { luma in
      color(
        luma: luma + random.float(in: -spread...spread), saturation: variation, using: &random)
    }
  }
}

extension RandomSource {
  fileprivate mutating func float(in range: ClosedRange<Float>) -> Float {
    range.lowerBound + Float(uniform()) * (range.upperBound - range.lowerBound)
  }
}
