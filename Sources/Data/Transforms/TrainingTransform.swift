import JEPATensor

/// The augmentation of I-JEPA's training: a random resized crop and, each only where asked for,
/// horizontal flip, colour distortion and blur.
///
/// Colour distortion of strength s is SimCLR's (Chen et al. 2020): with probability 0.8 a jitter of
/// brightness, contrast and saturation by 0.8 s and of hue by 0.2 s; then greyscale with
/// probability 0.2.
public struct TrainingTransform: SampleTransform {
  public let height: Int
  public let width: Int
  public let normalize: Normalize
  private let augmentation: Compose

  /// - Parameters:
  ///   - size: Height and width of the result, in pixels.
  ///   - cropScale: The crop's area as a share of the image's.
  ///   - flip: Mirror half of the images.
  ///   - colorDistortion: The strength s, 0 for none; at most 2.5, where hue covers the circle.
  ///   - blur: Blur half of the images.
  public init(
    size: Int, cropScale: ClosedRange<Double> = 0.3...1, flip: Bool = false,
    colorDistortion: Double = 0, blur: Bool = false, interpolation: Interpolation = .bilinear,
    normalize: Normalize = .imageNet
  ) {
    height = size
    width = size
    self.normalize = normalize
    var steps: [any ImageTransform] = [
      RandomResizedCrop(
        height: size, width: size, scale: cropScale, interpolation: interpolation)
    ]
    if flip { steps.append(HorizontalFlip()) }
    if colorDistortion > 0 {
      let s = colorDistortion
      let jitter = ColorJitter(
        brightness: 0.8 * s, contrast: 0.8 * s, saturation: 0.8 * s, hue: 0.2 * s)
      steps.append(RandomApply(jitter, probability: 0.8))
      steps.append(RandomGrayscale(probability: 0.2))
    }
    if blur { steps.append(GaussianBlur()) }
    augmentation = Compose(steps)
  }

  public func image(from image: Image, using random: inout RandomSource) -> Image {
    augmentation(image, using: &random)
  }
}
