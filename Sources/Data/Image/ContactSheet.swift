import JEPATensor

extension Image {
  /// Images of the same size side by side, `columns` to a row, with a white gap.
  public static func contactSheet(_ images: [Image], columns: Int, gap: Int = 2) -> Image {
    guard let first = images.first else { return Image(width: 1, height: 1) }
    require(
      columns > 0 && gap >= 0
        && images.allSatisfy { $0.width == first.width && $0.height == first.height },
      "Image.contactSheet: \(columns) columns, gap \(gap), images of several sizes")
    let columns = min(columns, images.count)
    let rows = (images.count + columns - 1) / columns
    let width = columns * (first.width + gap) + gap
    let height = rows * (first.height + gap) + gap
    return Image(width: width, height: height) { bytes in
      bytes.update(repeating: 255)
      for (i, image) in images.enumerated() {
        let x = gap + (i % columns) * (first.width + gap)
        let y = gap + (i / columns) * (first.height + gap)
        image.pixels.withUnsafeBufferPointer { pixels in
          for row in 0..<first.height {
            bytes.baseAddress?.advanced(by: ((y + row) * width + x) * 3)
              .update(from: pixels.baseAddress! + row * first.width * 3, count: first.width * 3)
          }
        }
      }
    }
  }
}
