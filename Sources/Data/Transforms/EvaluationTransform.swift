import JEPATensor

/// The transform without randomness: antialiased bicubic resize, then normalisation. An image that
/// has the size already is not touched.
public struct EvaluationTransform: SampleTransform {
  public enum Fit: String, Sendable, Codable, CaseIterable {
    /// Resize to height and width exactly; the aspect ratio may change and nothing is cut.
    case stretch
    /// Resize the shorter side, then take the middle; the aspect ratio is kept.
    case crop
  }

  public let height: Int
  public let width: Int
  public let fit: Fit
  public let normalize: Normalize
  public let interpolation: Interpolation

  public init(
    height: Int, width: Int, fit: Fit = .stretch, interpolation: Interpolation = .bicubic,
    normalize: Normalize = .imageNet
  ) {
    require(height > 0 && width > 0, "EvaluationTransform: size \(height)x\(width)")
    self.height = height
    self.width = width
    self.fit = fit
    self.interpolation = interpolation
    self.normalize = normalize
  }

  /// A square result, `size` pixels a side.
  public init(size: Int, fit: Fit = .stretch, normalize: Normalize = .imageNet) {
    self.init(height: size, width: size, fit: fit, normalize: normalize)
  }

  public func image(from image: Image) -> Image {
    if image.width == width && image.height == height { return image }
    guard fit == .crop else {
      return image.resized(width: width, height: height, interpolation: interpolation)
    }
    let scale = max(
      Double(width) / Double(image.width), Double(height) / Double(image.height))
    let resized = image.resized(
      width: max(width, Int(Double(image.width) * scale)),
      height: max(height, Int(Double(image.height) * scale)), interpolation: interpolation)
    return CenterCrop(height: height, width: width)(resized)
  }

  public func image(from image: Image, using random: inout RandomSource) -> Image {
    self.image(from: image)
  }

  /// The normalised sample, [3, height, width] float32.
  public func callAsFunction(_ image: Image) -> Tensor { normalize(self.image(from: image)) }
}
