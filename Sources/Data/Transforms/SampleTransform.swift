import JEPATensor

/// From a decoded image of any size to one sample of a batch, [3, height, width].
public protocol SampleTransform: Sendable {
  var height: Int { get }
  var width: Int { get }
  var normalize: Normalize { get }
  /// The image at `height × width`, before it is normalised.
  func image(from image: Image, using random: inout RandomSource) -> Image
}

extension SampleTransform {
  /// The normalised sample, [3, height, width] float32.
  public func callAsFunction(_ image: Image, using random: inout RandomSource) -> Tensor {
    normalize(self.image(from: image, using: &random))
  }

  func callAsFunction(
    _ image: Image, using random: inout RandomSource, into planes: UnsafeMutableBufferPointer<Float>
  ) {
    normalize(self.image(from: image, using: &random), into: planes)
  }
}
