import CJEPAImageFile
import JEPATensor

// Each operation gives the same bytes as the Python Imaging Library's, which torchvision's
// transforms call; the golden tests hold them to it.

extension Image {
  /// The luma of each pixel, ITU-R 601-2: `height * width` bytes.
  public func luma() -> [UInt8] {
    (0..<width * height).map { i in
      cjepa_luma(pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2])
    }
  }

  /// Every pixel replaced by its luma.
  public func grayscale() -> Image {
    editing { cjepa_grayscale($0.baseAddress, width * height) }
  }

  /// Between black (0), the image (1) and brighter (above 1).
  public func adjustingBrightness(_ factor: Double) -> Image {
    editing { cjepa_blend_from_value($0.baseAddress, width * height, 0, Float(factor)) }
  }

  /// Between the image's mean luma (0), the image (1) and stronger contrast (above 1).
  public func adjustingContrast(_ factor: Double) -> Image {
    let count = width * height
    let mean = UInt8(Double(cjepa_luma_sum(pixels, count)) / Double(count) + 0.5)
    return editing { cjepa_blend_from_value($0.baseAddress, count, mean, Float(factor)) }
  }

  /// Between greyscale (0), the image (1) and stronger colour (above 1).
  public func adjustingSaturation(_ factor: Double) -> Image {
    editing { cjepa_blend_from_luma($0.baseAddress, width * height, Float(factor)) }
  }

  /// Turns the colour circle by `shift` of a full turn, -0.5 ... 0.5, in steps of 1/255.
  public func adjustingHue(_ shift: Double) -> Image {
    require(
      -0.5...0.5 ~= shift, "Image.adjustingHue: shift \(shift) is outside -0.5 ... 0.5")
    let step = UInt8(truncatingIfNeeded: Int(shift * 255))
    return editing { cjepa_shift_hue($0.baseAddress, width * height, step) }
  }
}
