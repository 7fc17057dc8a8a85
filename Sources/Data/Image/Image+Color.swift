import Foundation

// Each operation gives the same bytes as the Python Imaging Library's, which torchvision's
// transforms call; the golden tests hold them to it.

extension Image {
  /// The luma of each pixel, ITU-R 601-2: `height * width` bytes.
  public func luma() -> [UInt8] {
    pixels.withUnsafeBufferPointer { input in
      [UInt8](unsafeUninitializedCapacity: width * height) { output, count in
        for i in 0..<width * height { output[i] = Self.luma(input, 3 * i) }
        count = width * height
      }
    }
  }

  @inline(__always)
  private static func luma(_ bytes: UnsafeBufferPointer<UInt8>, _ i: Int) -> UInt8 {
    let sum =
      Int32(bytes[i]) * 19595 + Int32(bytes[i + 1]) * 38470 + Int32(bytes[i + 2]) * 7471 + 0x8000
    return UInt8(truncatingIfNeeded: sum >> 16)
  }

  /// Every pixel replaced by its luma.
  public func grayscale() -> Image {
    editing { bytes in
      let input = UnsafeBufferPointer(bytes)
      for i in stride(from: 0, to: bytes.count, by: 3) {
        let value = Self.luma(input, i)
        bytes[i] = value
        bytes[i + 1] = value
        bytes[i + 2] = value
      }
    }
  }

  /// Between black (0), the image (1) and brighter (above 1).
  public func adjustingBrightness(_ factor: Double) -> Image {
    editing { bytes in
      let blend = Blend(factor)
      for i in 0..<bytes.count { bytes[i] = blend(0, bytes[i]) }
    }
  }

  /// Between the image's mean luma (0), the image (1) and stronger contrast (above 1).
  public func adjustingContrast(_ factor: Double) -> Image {
    var sum = 0
    pixels.withUnsafeBufferPointer { input in
      for i in stride(from: 0, to: input.count, by: 3) { sum += Int(Self.luma(input, i)) }
    }
    let mean = UInt8(Double(sum) / Double(width * height) + 0.5)
    return editing { bytes in
      let blend = Blend(factor)
      for i in 0..<bytes.count { bytes[i] = blend(mean, bytes[i]) }
    }
  }

  /// Between greyscale (0), the image (1) and stronger colour (above 1).
  public func adjustingSaturation(_ factor: Double) -> Image {
    editing { bytes in
      let input = UnsafeBufferPointer(bytes)
      let blend = Blend(factor)
      for i in stride(from: 0, to: bytes.count, by: 3) {
        let luma = Self.luma(input, i)
        for c in i..<i + 3 { bytes[c] = blend(luma, bytes[c]) }
      }
    }
  }

  /// Turns the colour circle by `shift` of a full turn, -0.5 ... 0.5, in steps of 1/255.
  public func adjustingHue(_ shift: Double) -> Image {
    precondition(
      -0.5...0.5 ~= shift, "Image.adjustingHue: shift \(shift) is outside -0.5 ... 0.5")
    let step = UInt8(truncatingIfNeeded: Int(shift * 255))
    return editing { bytes in
      for i in stride(from: 0, to: bytes.count, by: 3) {
        var color = HueSaturationValue(red: bytes[i], green: bytes[i + 1], blue: bytes[i + 2])
        color.hue &+= step
        (bytes[i], bytes[i + 1], bytes[i + 2]) = color.rgb()
      }
    }
  }
}

/// `from + factor * (to - from)` in single precision, truncated, clamped to a byte.
private struct Blend {
  let factor: Float

  init(_ factor: Double) { self.factor = Float(factor) }

  @inline(__always)
  func callAsFunction(_ from: UInt8, _ to: UInt8) -> UInt8 {
    let value = Float(from) + factor * Float(Int32(to) - Int32(from))
    return UInt8(max(0, min(255, value)))
  }
}

/// A colour as hue, saturation and value of 8 bits each.
private struct HueSaturationValue {
  var hue: UInt8 = 0
  var saturation: UInt8 = 0
  var value: UInt8

  init(red: UInt8, green: UInt8, blue: UInt8) {
    value = max(red, green, blue)
    let least = min(red, green, blue)
    if value == least { return }
    let range = Float(value - least)
    let r = Float(value - red) / range
    let g = Float(value - green) / range
    let b = Float(value - blue) / range
    let sector =
      value == red
      ? b - g
      : value == green
        ? Float(2 + Double(r) - Double(b)) : Float(4 + Double(g) - Double(r))
    // sector / 6 + 1 lies in [5/6, 11/6]: its fraction is the hue.
    let turns = Double(sector) / 6 + 1
    let hueFraction = Float(turns >= 1 ? turns - 1 : turns)
    hue = UInt8(max(0, min(255, Int(Double(hueFraction) * 255))))
    saturation = UInt8(max(0, min(255, Int(Double(range / Float(value)) * 255))))
  }

  func rgb() -> (UInt8, UInt8, UInt8) {
    if saturation == 0 { return (value, value, value) }
    let turns = Double(Float(hue)) * 6 / 255
    let sector = Int(turns)
    let f = Float(turns - Double(sector))
    let s = Float(Double(saturation) / 255)
    let v = Double(value)
    let p = Self.byte(v * (1 - Double(s)))
    let q = Self.byte(v * (1 - Double(s * f)))
    let t = Self.byte(v * (1 - Double(s) * (1 - Double(f))))
    switch sector % 6 {
    case 0: return (value, t, p)
    case 1: return (q, value, p)
    case 2: return (p, value, t)
    case 3: return (p, q, value)
    case 4: return (t, p, value)
    default: return (value, p, q)
    }
  }

  private static func byte(_ x: Double) -> UInt8 {
    UInt8(max(0, min(255, x.rounded(.toNearestOrAwayFromZero))))
  }
}
