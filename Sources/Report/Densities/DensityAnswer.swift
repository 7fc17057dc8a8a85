import JEPAData

/// What one model answers to one question, ready to be drawn.
public struct DensityAnswer: Sendable {
  /// One coordinate of the embedding looked at.
  public struct Marginal: Sendable {
    /// From 0, in the space that heads model.
    public let coordinate: Int
    public let samples: [Double]
    /// Of the completions, without noise.
    public let completions: [Double]
  }

  /// The plane that the samples are looked at in: coordinates along its two axes.
  public struct Plane: Sendable {
    public let samples: [(x: Double, y: Double)]
    /// Without noise.
    public let completions: [(x: Double, y: Double)]
    /// The share of the samples' variance that lies in the plane.
    public let explained: Double
  }

  /// Pixels of the hidden part, put together from real patches.
  public struct Picture: Sendable {
    public let image: Image
    /// The mean cosine of the embeddings asked for and those found.
    public let similarity: Double
  }

  public let marginals: [Marginal]
  public let plane: Plane
  /// The true embedding of what is there through the same bank: the best that can be hoped for.
  public let control: Picture
  /// The head's mean.
  public let mean: Picture
  public let samples: [Picture]
  /// Patches to find in.
  public let bankSize: Int
}
