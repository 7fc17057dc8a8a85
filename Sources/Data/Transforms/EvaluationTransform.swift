import JEPATensor

/// The transform without randomness: an antialiased resize, the middle of it, then normalization.
///
/// Unless told otherwise the shorter side is resized, bicubically, to the size asked for, and the middle is taken,
/// as in the evaluations of I-JEPA and DINO. An image that has the size already is not touched.
public struct EvaluationTransform: SampleTransform {
  public enum Fit: String, Sendable, Codable, CaseIterable {
    /// Resize to height and width exactly; the aspect ratio may change and nothing is cut.
    case stretch
    /// Resize the shorter side, then take the middle; the aspect ratio is kept.
    case crop
  }

  /// What comes before the middle is taken; nil leaves the image as it is.
  public let resize: Resize.Target?
  public let height: Int
  public let width: Int
  public let normalize: Normalize
  public let interpolation: Interpolation
  /// Which of two middles is taken.
  public let cropRounding: FloatingPointRoundingRule

  /// - Parameters:
  ///   - height, width: of the result, the middle of what `resize` leaves; where that is smaller, it is padded with
  ///     black.
  public init(
    resize: Resize.Target?, height: Int, width: Int, interpolation: Interpolation = .bicubic,
    normalize: Normalize = .imageNet,
    cropRounding: FloatingPointRoundingRule = .toNearestOrEven
  ) {
    require(height > 0 && width > 0, "EvaluationTransform: size \(height)x\(width)")
    self.resize = resize
    self.height = height
    self.width = width
    self.interpolation = interpolation
    self.normalize = normalize
    self.cropRounding = cropRounding
  }

  public init(
    height: Int, width: Int, fit: Fit = .crop, interpolation: Interpolation = .bicubic,
    normalize: Normalize = .imageNet
  ) {
    self.init(
      resize: fit == .crop
        ? .covering(height: height, width: width) : .exactly(height: height, width: width),
      height: height, width: width, interpolation: interpolation, normalize: normalize)
  }

  /// A square result, `size` pixels a side.
  public init(size: Int, fit: Fit = .crop, normalize: Normalize = .imageNet) {
    self.init(height: size, width: size, fit: fit, normalize: normalize)
  }

  /// Whether aspect ratios may change.
  public var stretches: Bool { if case .exactly = resize { true } else { false } }

  public func image(from image: Image) -> Image {
    var result = image
    if let resize { result = Resize(resize, interpolation: interpolation)(image) }
    if result.width == width && result.height == height { return result }
    return CenterCrop(height: height, width: width, rounding: cropRounding)(result)
  }

  public func image(from image: Image, using random: inout RandomSource) -> Image {
    self.image(from: image)
  }

  /// The normalised sample, [3, height, width] float32.
  public func callAsFunction(_ image: Image) -> Tensor { normalize(self.image(from: image)) }
}
