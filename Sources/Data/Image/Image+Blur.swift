extension Image {
  /// A Gaussian blur of standard deviation `radius` pixels, by three box blurs of fractional width
  /// along each axis (Gwosdek et al., "Theoretical foundations of Gaussian convolution by extended
  /// box filtering", 2011). The edge pixel continues outside.
  public func gaussianBlurred(radius: Double) -> Image {
    precondition(radius >= 0, "Image.gaussianBlurred: radius \(radius) is negative")
    let passes = 3
    let box = BoxBlur(standardDeviation: Float(radius), passes: passes)
    return editing { bytes in
      var line = [UInt8](repeating: 0, count: max(width, height) * 3)
      line.withUnsafeMutableBufferPointer { line in
        for y in 0..<height {
          let row = UnsafeMutableBufferPointer(rebasing: bytes[y * width * 3..<(y + 1) * width * 3])
          for _ in 0..<passes { box.blur(row, step: 3, count: width, scratch: line) }
        }
        for x in 0..<width {
          let column = UnsafeMutableBufferPointer(rebasing: bytes[(x * 3)...])
          for _ in 0..<passes { box.blur(column, step: width * 3, count: height, scratch: line) }
        }
      }
    }
  }
}

/// A box of `2 radius + 1` whole pixels and a fraction of one more at each end, with weights in
/// units of 2^-24.
private struct BoxBlur {
  let radius: Int
  let whole: UInt32
  let fraction: UInt32

  /// The box that, applied `passes` times, has the variance of a Gaussian.
  init(standardDeviation: Float, passes: Int) {
    let variance = standardDeviation * standardDeviation / Float(passes)
    let length = Float((12 * Double(variance) + 1).squareRoot())
    let l = Float(((Double(length) - 1) / 2).rounded(.down))
    var a = (2 * l + 1) * (l * (l + 1) - 3 * variance)
    a /= 6 * (variance - (l + 1) * (l + 1))
    let width = l + a
    radius = Int(width)
    whole = UInt32(Float(1 << 24) / (width * 2 + 1))
    fraction = (UInt32(1 << 24) - UInt32(radius * 2 + 1) * whole) / 2
  }

  /// Blurs `count` RGB pixels that lie `step` bytes apart, in place.
  func blur(
    _ bytes: UnsafeMutableBufferPointer<UInt8>, step: Int, count: Int,
    scratch: UnsafeMutableBufferPointer<UInt8>
  ) {
    for i in 0..<count {
      for c in 0..<3 { scratch[3 * i + c] = bytes[i * step + c] }
    }
    let last = count - 1
    for c in 0..<3 {
      @inline(__always) func value(_ i: Int) -> UInt32 {
        UInt32(scratch[3 * max(0, min(last, i)) + c])
      }
      var sum: UInt32 = 0
      for d in -radius...radius { sum += value(d) }
      for i in 0..<count {
        let ends = value(i - radius - 1) + value(i + radius + 1)
        let total = sum &* whole &+ ends &* fraction &+ (1 << 23)
        bytes[i * step + c] = UInt8(truncatingIfNeeded: total >> 24)
        sum = sum + value(i + radius + 1) - value(i - radius)
      }
    }
  }
}
