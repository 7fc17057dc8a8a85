import CJEPAImageFile
import JEPATensor

/// Bytes to floats: `(byte / 255 - mean) / standardDeviation` for each channel.
public struct Normalize: Sendable, Equatable {
  /// Red, green, blue.
  public let mean: [Float]
  public let standardDeviation: [Float]
  /// The result for each channel and byte, [3, 256].
  private let table: [Float]

  /// ImageNet's mean and standard deviation, as everyone uses them.
  public static let imageNet = Normalize()

  public init(
    mean: [Float] = [0.485, 0.456, 0.406], standardDeviation: [Float] = [0.229, 0.224, 0.225]
  ) {
    require(
      mean.count == 3 && standardDeviation.count == 3 && standardDeviation.allSatisfy { $0 > 0 },
      "Normalize: mean \(mean) and standard deviation \(standardDeviation) must be 3 numbers each, "
        + "the latter positive")
    self.mean = mean
    self.standardDeviation = standardDeviation
    table = (0..<3 * 256).map { i in
      (Float(i % 256) / 255 - mean[i / 256]) / standardDeviation[i / 256]
    }
  }

  /// Writes the image's planes, [3, height, width].
  public func callAsFunction(_ image: Image, into planes: UnsafeMutableBufferPointer<Float>) {
    require(
      planes.count == image.pixels.count,
      "Normalize: image [3, \(image.height), \(image.width)] into \(planes.count) floats")
    cjepa_planes_from_pixels(image.pixels, image.width * image.height, table, planes.baseAddress)
  }

  /// The image as a tensor [3, height, width], float32.
  public func callAsFunction(_ image: Image) -> Tensor {
    Tensor(shape: [3, image.height, image.width], dtype: .float32) { bytes in
      self(image, into: bytes.bindMemory(to: Float.self))
    }
  }

  /// The image whose planes [3, height, width] these are: the inverse, for pictures of batches.
  /// Values outside the byte range are clamped.
  public func image(fromPlanes planes: UnsafeBufferPointer<Float>, height: Int, width: Int)
    -> Image
  {
    let count = height * width
    require(
      planes.count == 3 * count,
      "Normalize.image: \(planes.count) floats are not [3, \(height), \(width)]")
    return Image(width: width, height: height) { pixels in
      for c in 0..<3 {
        for i in 0..<count {
          let value = (planes[c * count + i] * standardDeviation[c] + mean[c]) * 255
          pixels[3 * i + c] = UInt8(max(0, min(255, value.rounded())))
        }
      }
    }
  }
}
