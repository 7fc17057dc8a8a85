import JEPATensor

/// Drawn images with a region whose content the rest of the image does not fix but gives the exact
/// distribution of: flags on poles (``AmbiguousScene``). Needs no download.
///
/// The generative model, given the settings; every draw is independent of the others:
///
/// 1. the pole's colour is uniform over its three; its rings are m = 1 with probability
///    1 - `ambiguous`, otherwise m is uniform over 2 ... `modes`;
/// 2. place, side of the pole, backdrop, clutter and light are drawn without regard to 1 and 3;
/// 3. the flag is the r-th of the m that follow the colour's place in `Flag.cycle`, with probability
///    p_r = exp(-`skew` r) / Σ_{s<m} exp(-`skew` s), r = 0 ..< m.
///
/// So everything outside the flag determines its distribution, m outcomes with entropy -Σ p_r log p_r,
/// and tells no more. The flag fills `region` × `region` cells of a grid of `grid` × `grid`. A class is
/// a kind of pole, such as "green-3": colour and rings. An image depends on seed, split, index and
/// settings alone.
public struct AmbiguousScenes: RegionDataset {
  /// What scenes are like.
  public struct Settings: Sendable, Hashable, Codable {
    /// The probability that a scene has more than one completion, 0 ... 1.
    public var ambiguous: Double
    /// The most completions that a scene has, 2 ... 6.
    public var modes: Int
    /// How uneven probabilities are, at least 0: each completion is exp(-skew) times as probable as
    /// the one before it. At 0 all are equal.
    public var skew: Double
    /// Cells along each side of the grid that flags are aligned to.
    public var grid: Int
    /// Height and width of the flag, in cells.
    public var region: Int
    /// How much colours, light and clutter of the backdrop vary, 0 ... 1.
    public var variation: Float

    public init(
      ambiguous: Double = 0.75, modes: Int = 4, skew: Double = 0.5, grid: Int = 8, region: Int = 3,
      variation: Float = 0.5
    ) {
      self.ambiguous = ambiguous
      self.modes = modes
      self.skew = skew
      self.grid = grid
      self.region = region
      self.variation = variation
    }

    /// The bounds of `modes`.
    public static let modeLimits = 2...6
    /// The least distance of rings, in pixels, at which they can be counted.
    static let leastRingPitch = 3

    /// From one ring to the next, in pixels: as many as `modes` fit beside the flag.
    func ringPitch(size: Int) -> Int {
      let cell = size / grid
      return min(cell * 3 / 4, region * cell / modes)
    }

    /// Why images of `size` × `size` pixels cannot be drawn, by the name of the setting at fault;
    /// nil where they can.
    public func problem(size: Int) -> (setting: String, reason: String)? {
      if !(0...1 ~= ambiguous) { return ("ambiguous", "is \(ambiguous), outside 0 ... 1") }
      if !(Self.modeLimits ~= modes) {
        let limits = Self.modeLimits
        return ("modes", "is \(modes), outside \(limits.lowerBound) ... \(limits.upperBound)")
      }
      if !(skew >= 0 && skew.isFinite) { return ("skew", "is \(skew); use at least 0") }
      if !(0...1 ~= variation) { return ("variation", "is \(variation), outside 0 ... 1") }
      if grid < 2 || size % grid != 0 {
        return (
          "grid", "is \(grid); use at least 2 cells, and a number that divides the \(size) pixels"
        )
      }
      if !(1..<grid ~= region) {
        return (
          "region",
          "is \(region), but a flag and its pole must fit the \(grid)×\(grid) grid; use 1 to "
            + "\(grid - 1)"
        )
      }
      if ringPitch(size: size) < Self.leastRingPitch {
        return (
          "modes",
          "is \(modes), whose rings cannot be told apart beside a flag of \(region * size / grid) "
            + "pixels; use fewer, a larger region, or larger images"
        )
      }
      return nil
    }
  }

  public let count: Int
  public let seed: UInt64
  public let split: DatasetSplit
  /// Height and width of the images, in pixels.
  public let size: Int
  public let settings: Settings
  private let random: RandomSource

  /// - Parameters:
  ///   - count: The number of images.
  ///   - seed: Another seed gives other images.
  ///   - split: Training and validation images of a seed differ.
  ///   - size: Height and width, in pixels.
  ///   - settings: Must suit the size: `Settings.problem(size:)` says what does not.
  public init(
    count: Int, seed: UInt64 = 0, split: DatasetSplit = .train, size: Int = 64,
    settings: Settings = Settings()
  ) {
    require(count >= 0 && size > 0, "AmbiguousScenes: count \(count), size \(size)")
    if let (setting, reason) = settings.problem(size: size) {
      requirementFailed("AmbiguousScenes: \(setting) \(reason)")
    }
    self.count = count
    self.seed = seed
    self.split = split
    self.size = size
    self.settings = settings
    random = RandomSource(seed: seed).split("AmbiguousScenes").split(split.rawValue)
  }

  /// Every kind of pole: three colours, each with 1 ... `modes` rings.
  public var poles: [AmbiguousScene.Pole] {
    AmbiguousScene.Pole.Color.allCases.flatMap { color in
      (1...settings.modes).map { AmbiguousScene.Pole(color: color, rings: $0) }
    }
  }

  public var classNames: [String] { poles.map(\.name) }

  public func label(at index: Int) -> Int {
    let pole = AmbiguousScene.Pole.random(settings, using: source(index).split("pole"))
    let color = AmbiguousScene.Pole.Color.allCases.firstIndex(of: pole.color) ?? 0
    return color * settings.modes + pole.rings - 1
  }

  /// What the image at `index` shows, with the truth about what it might have shown.
  public func scene(at index: Int) -> AmbiguousScene {
    AmbiguousScene.random(size: size, settings: settings, using: source(index))
  }

  public func image(at index: Int) -> Image { scene(at: index).image }

  public func region(at index: Int) -> ImageRegion { scene(at: index).region }

  public func name(at index: Int) -> String {
    "ambiguous scene \(index) (\(split.rawValue), seed \(seed))"
  }

  private func source(_ index: Int) -> RandomSource {
    require(
      0..<count ~= index, "AmbiguousScenes: index \(index) is outside 0 ..< \(count)")
    return random.split(index)
  }
}
