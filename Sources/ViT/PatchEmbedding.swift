import JEPATensor

/// Non-overlapping square patches through one linear map: a convolution whose stride is its kernel.
public struct PatchEmbedding: Module {
  public var proj: PatchProjection

  init(
    patchSize: Int, channels: Int, dimensions: Int, deviation: Double, dtype: DType,
    using random: inout RandomSource
  ) {
    proj = PatchProjection(
      weight: .truncatedNormal(
        [dimensions, channels, patchSize, patchSize], deviation: deviation, dtype: dtype,
        using: &random),
      bias: .zeros([dimensions], dtype: dtype))
  }

  /// Embeds only the patches asked for.
  ///
  /// - Parameter images: [B, channels, H, W], float32.
  /// - Returns: [T, D].
  public func callAsFunction(_ images: Tensor, _ sequences: PatchSequences) -> Tensor {
    let weight = proj.weight
    let (dimensions, channels, patchSize) = (weight.shape[0], weight.shape[1], weight.shape[2])
    require(
      images.rank == 4 && images.shape[1] == channels,
      "PatchEmbedding: images \(images.shape) for weight \(weight.shape)")
    let rows = images.patches(
      images: sequences.images, patches: sequences.patches, size: patchSize, dtype: weight.dtype)
    return linear(
      rows, weight: weight.reshaped([dimensions, channels * patchSize * patchSize]),
      bias: proj.bias)
  }

  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) { visitor.module("proj", &proj) }
}

/// The patch embedding's weights, in a convolution's layout.
public struct PatchProjection: Module {
  /// [D, channels, p, p].
  public var weight: Tensor
  /// [D].
  public var bias: Tensor

  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.parameter("weight", &weight)
    visitor.parameter("bias", &bias)
  }
}
