extension Naive {
  /// Patches of images [B, C, H, W] as rows [T, C · size²].
  public func patches(images: [Int], patches: [Int], size: Int) -> Naive {
    let (channels, columns) = (shape[1], shape[3] / size)
    return Naive(shape: [images.count, channels * size * size]) { index in
      let (row, pixel) = (index[0], index[1])
      let (c, y, x) = (pixel / (size * size), pixel / size % size, pixel % size)
      let (top, left) = (patches[row] / columns * size, patches[row] % columns * size)
      return self[[images[row], c, top + y, left + x]]
    }
  }
}
