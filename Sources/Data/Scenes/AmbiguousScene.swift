import Foundation
import JEPATensor

/// A flag on a pole before a backdrop. The pole tells which flags there may be and how likely each
/// is; which one there is, nothing outside the flag tells.
///
/// `completions` are all the images there may be, given everything outside `region`: they differ
/// inside it, in every patch, and nowhere else, by no single pixel.
public struct AmbiguousScene: Sendable, Equatable {
  /// The pole, which is the context that fixes the distribution over flags.
  public struct Pole: Sendable, Hashable, Codable {
    public enum Color: String, Sendable, Codable, CaseIterable {
      case yellow, green, pink
    }

    /// Which flags are possible: it has them begin at another place of `Flag.cycle`.
    public let color: Color
    /// How many flags are possible.
    public let rings: Int

    public init(color: Color, rings: Int) {
      require(
        1...Flag.cycle.count ~= rings,
        "AmbiguousScene.Pole: \(rings) rings; flags are \(Flag.cycle.count)")
      self.color = color
      self.rings = rings
    }

    /// The possible flags, the most probable first: `rings` of them, from the place in `Flag.cycle`
    /// that the colour names (yellow 0, green 3, pink 6).
    public var flags: [Flag] {
      let start = 3 * (Color.allCases.firstIndex(of: color) ?? 0)
      return (0..<rings).map { Flag.cycle[(start + $0) % Flag.cycle.count] }
    }

    /// Their probabilities, p_r ∝ exp(-skew r) for r = 0 ..< rings.
    public func probabilities(skew: Double) -> [Double] {
      let weights = (0..<rings).map { exp(-skew * Double($0)) }
      let sum = weights.reduce(0, +)
      return weights.map { $0 / sum }
    }

    /// Such as "green-3".
    public var name: String { "\(color.rawValue)-\(rings)" }
  }

  /// Where the pole stands, and its rings, in pixels.
  struct Placement: Sendable, Equatable {
    /// Columns of the pole.
    var pole: Range<Int>
    /// Rows of each ring.
    var rings: [Range<Int>]
    /// The phase of the folds in the cloth, in periods.
    var fold: Float
  }

  /// What stands behind pole and flag.
  public let backdrop: Scene
  public let pole: Pole
  let placement: Placement
  /// The flags that may be there, the most probable first.
  public let completions: [Flag]
  /// Their probabilities, which sum to 1.
  public let probabilities: [Double]
  /// The place in `completions` of the flag that is there: one draw from `probabilities`.
  public let drawn: Int
  /// The flag's pixels: what is to be hidden, and all that `drawn` decides.
  public let region: ImageRegion

  init(
    backdrop: Scene, pole: Pole, placement: Placement, skew: Double, drawn: Int,
    region: ImageRegion
  ) {
    self.backdrop = backdrop
    self.pole = pole
    self.placement = placement
    completions = pole.flags
    probabilities = pole.probabilities(skew: skew)
    self.drawn = drawn
    self.region = region
  }

  public var isAmbiguous: Bool { completions.count > 1 }

  /// -Σ p log p over the completions, in nats.
  public var entropy: Double {
    probabilities.reduce(0) { $0 - ($1 > 0 ? $1 * log($1) : 0) }
  }

  /// The image with the flag that is there.
  public var image: Image { image(completion: drawn) }

  /// The image with one of the possible flags.
  public func image(completion: Int) -> Image {
    require(
      completions.indices ~= completion,
      "AmbiguousScene.image: completion \(completion) of \(completions.count)")
    return image(flag: completions[completion])
  }

  /// The image with any flag, possible here or not.
  public func image(flag: Flag) -> Image {
    SceneRenderer(height: region.imageHeight, width: region.imageWidth).image(of: self, flag: flag)
  }

  /// The patches, on a grid over the image, that hold the flag: all that the completion decides.
  /// Rising, counted row by row.
  public func hiddenPatches(rows: Int, columns: Int) -> [Int] {
    region.patches(rows: rows, columns: columns)
  }
}
