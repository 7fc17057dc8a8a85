import CJEPAImageFile
import JEPATensor

extension Image {
  /// A Gaussian blur of standard deviation `radius` pixels, by three box blurs of fractional width
  /// along each axis (Gwosdek et al., "Theoretical foundations of Gaussian convolution by extended
  /// box filtering", 2011). The edge pixel continues outside.
  public func gaussianBlurred(radius: Double) -> Image {
    require(
      0...1000 ~= radius, "Image.gaussianBlurred: radius \(radius) is outside 0 ... 1000")
    let box = BoxBlur(standardDeviation: Float(radius))
    return editing { bytes in
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes.count) { other in
        let image = bytes.baseAddress!
        let scratch = other.baseAddress!
        cjepa_transpose_pixels(image, scratch, Int32(height), Int32(width))
        box.blurColumns(scratch, other: image, rowBytes: height * 3, rows: width)
        // Three passes leave the result in the other buffer.
        cjepa_transpose_pixels(image, scratch, Int32(width), Int32(height))
        box.blurColumns(scratch, other: image, rowBytes: width * 3, rows: height)
      }
    }
  }
}

/// A box of `2 radius + 1` whole pixels and a fraction of one more at each end, with weights in
/// units of 2^-24, that is applied three times.
private struct BoxBlur {
  static let passes = 3
  let radius: Int32
  let whole: UInt32
  let fraction: UInt32

  /// The box that, applied three times, has the variance of a Gaussian.
  init(standardDeviation: Float) {
    let variance = standardDeviation * standardDeviation / Float(Self.passes)
    let length = Float((12 * Double(variance) + 1).squareRoot())
    let l = Float(((Double(length) - 1) / 2).rounded(.down))
    var a = (2 * l + 1) * (l * (l + 1) - 3 * variance)
    a /= 6 * (variance - (l + 1) * (l + 1))
    let width = l + a
    radius = Int32(width)
    whole = UInt32(Float(1 << 24) / (width * 2 + 1))
    fraction = (UInt32(1 << 24) - UInt32(radius * 2 + 1) * whole) / 2
  }

  /// Three passes down the columns, from `first` to `other` and back and to `other` again.
  func blurColumns(
    _ first: UnsafeMutablePointer<UInt8>, other: UnsafeMutablePointer<UInt8>, rowBytes: Int,
    rows: Int
  ) {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: rowBytes) { sums in
      for pass in 0..<Self.passes {
        let (input, output) = pass % 2 == 0 ? (first, other) : (other, first)
        cjepa_box_blur_columns(
          input, output, Int32(rowBytes), Int32(rows), radius, whole, fraction, sums.baseAddress)
      }
    }
  }
}
