import CJEPAKernels

extension Tensor {
  /// Patches of float32 images [B, C, H, W] as rows [T, C · size²], each laid out [C, size, size].
  ///
  /// Pixels at the right and lower edge that make no whole patch are left out, as by a convolution.
  ///
  /// - Parameters:
  ///   - images, patches: per row, the image and the patch's number, row by row on the image's grid.
  ///   - dtype: the rows' type.
  public func patches(
    images: [Int32], patches: [Int32], size: Int, dtype newType: DType
  ) -> Tensor {
    require(
      rank == 4 && dtype == .float32 && !needsGradient,
      "patches: images must be [B, C, H, W] float32 without gradient, got \(shape) \(dtype)")
    let (channels, height, width) = (shape[1], shape[2], shape[3])
    require(
      size > 0 && height >= size && width >= size,
      "patches: images \(shape) are smaller than a patch of \(size)")
    let perImage = (height / size) * (width / size)
    require(
      images.count == patches.count, "patches: \(images.count) images, \(patches.count) patches")
    for (image, patch) in zip(images, patches)
    where image < 0 || image >= shape[0] || patch < 0 || patch >= perImage {
      requirementFailed("patches: patch \(patch) of image \(image) is not in images \(shape)")
    }
    let result = Tensor(uninitialized: [images.count, channels * size * size], dtype: newType)
    Profiler.measure("patches", bytes: result.count * 4 + result.byteCount) {
      jk_patches(
        pointer.assumingMemoryBound(to: Float.self), images, patches, newType.kernel,
        result.pointer, images.count, channels, height, width, size)
    }
    return result
  }
}
