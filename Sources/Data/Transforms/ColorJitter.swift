import JEPATensor

/// Changes brightness, contrast, saturation and hue by random amounts, in random order.
///
/// The first three factors are uniform in `max(0, 1 - amount) ... 1 + amount`, the shift of hue
/// uniform in `-hue ... hue` of a full turn, as in torchvision. An amount of 0 leaves that out.
public struct ColorJitter: ImageTransform {
  public var brightness: Double
  public var contrast: Double
  public var saturation: Double
  /// At most 0.5.
  public var hue: Double

  public init(
    brightness: Double = 0, contrast: Double = 0, saturation: Double = 0, hue: Double = 0
  ) {
    require(
      brightness >= 0 && contrast >= 0 && saturation >= 0 && 0...0.5 ~= hue,
      "ColorJitter: brightness \(brightness), contrast \(contrast), saturation \(saturation) "
        + "must not be negative, and hue \(hue) must be in 0 ... 0.5")
    self.brightness = brightness
    self.contrast = contrast
    self.saturation = saturation
    self.hue = hue
  }

  public func callAsFunction(_ image: Image, using random: inout RandomSource) -> Image {
    func factor(_ amount: Double) -> Double {
      random.uniform(in: max(0, 1 - amount)...1 + amount)
    }
    let order = random.permutation(4)
    let factors = [factor(brightness), factor(contrast), factor(saturation)]
    let shift = random.uniform(in: -hue...hue)
    return order.reduce(image) { image, operation in
      switch operation {
      case 0: brightness > 0 ? image.adjustingBrightness(factors[0]) : image
      case 1: contrast > 0 ? image.adjustingContrast(factors[1]) : image
      case 2: saturation > 0 ? image.adjustingSaturation(factors[2]) : image
      default: hue > 0 ? image.adjustingHue(shift) : image
      }
    }
  }
}
