import JEPATensor

/// The description of one procedural image: what is where. `SceneRenderer` draws it.
///
/// Lengths are in units of the image's shorter side, positions from the image's centre, angles in
/// radians, colours linear in 0 ... 1.
public struct Scene: Sendable, Equatable, Codable {
  public typealias Color = SIMD3<Float>
  public typealias Point = SIMD2<Float>

  public enum Shape: String, Sendable, Codable, CaseIterable {
    case disc, square, triangle, cross
  }

  public enum Texture: String, Sendable, Codable, CaseIterable {
    case stripes, checks, dots
  }

  /// A filled shape.
  public struct Figure: Sendable, Equatable, Codable {
    public var shape: Shape
    /// Nil for one plain colour.
    public var texture: Texture?
    public var center: Point
    /// The radius of the circle around the shape.
    public var radius: Float
    public var angle: Float
    /// The shape's colour, and the texture's second one.
    public var colors: [Color]
    /// The texture's period, its angle relative to the shape's, and its offset in periods.
    public var period: Float
    public var textureAngle: Float
    public var phase: Point

    public init(
      shape: Shape, texture: Texture? = nil, center: Point, radius: Float, angle: Float,
      colors: [Color], period: Float = 0.12, textureAngle: Float = 0, phase: Point = .zero
    ) {
      require(
        colors.count >= (texture == nil ? 1 : 2) && radius > 0 && period > 0,
        "Scene.Figure: \(colors.count) colours, radius \(radius), period \(period)")
      self.shape = shape
      self.texture = texture
      self.center = center
      self.radius = radius
      self.angle = angle
      self.colors = colors
      self.period = period
      self.textureAngle = textureAngle
      self.phase = phase
    }
  }

  /// Two colours mixed by smooth noise and a gradient.
  public struct Background: Sendable, Equatable, Codable {
    public var colors: [Color]
    /// Noise values on a square lattice, row by row, each in 0 ... 1.
    public var lattice: [Float]
    /// The lattice's points along each side.
    public var latticeSize: Int
    /// How the mixture changes across the image.
    public var gradient: Point

    public init(colors: [Color], lattice: [Float], latticeSize: Int, gradient: Point) {
      require(
        colors.count == 2 && latticeSize > 1 && lattice.count == latticeSize * latticeSize,
        "Scene.Background: \(colors.count) colours, \(lattice.count) values on a lattice of "
          + "\(latticeSize)")
      self.colors = colors
      self.lattice = lattice
      self.latticeSize = latticeSize
      self.gradient = gradient
    }
  }

  /// A light from one side: brightness is `level * (1 + dot(slope, position))`.
  public struct Light: Sendable, Equatable, Codable {
    public var level: Float
    public var slope: Point

    public init(level: Float = 1, slope: Point = .zero) {
      self.level = level
      self.slope = slope
    }
  }

  public var background: Background
  /// Small plain figures behind the subject.
  public var clutter: [Figure]
  /// What the class is about.
  public var subject: Figure
  /// Small plain figures before the subject.
  public var occluders: [Figure]
  public var light: Light

  public init(
    background: Background, clutter: [Figure] = [], subject: Figure, occluders: [Figure] = [],
    light: Light = Light()
  ) {
    self.background = background
    self.clutter = clutter
    self.subject = subject
    self.occluders = occluders
    self.light = light
  }
}
