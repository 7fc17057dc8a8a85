extension Image {
  /// The image as an EXIF orientation, 1 ... 8, says it is to be shown; see `EXIFOrientation`.
  func oriented(_ orientation: Int) -> Image {
    guard 2...8 ~= orientation else { return self }
    let isTurned = orientation >= 5
    let (width, height) = isTurned ? (self.height, self.width) : (self.width, self.height)
    let (lastX, lastY) = (self.width - 1, self.height - 1)
    return pixels.withUnsafeBufferPointer { source in
      Image(width: width, height: height) { target in
        for y in 0..<height {
          for x in 0..<width {
            let (fromX, fromY) =
              switch orientation {
              case 2: (lastX - x, y)
              case 3: (lastX - x, lastY - y)
              case 4: (x, lastY - y)
              case 5: (y, x)
              case 6: (y, lastY - x)
              case 7: (lastX - y, lastY - x)
              default: (lastX - y, x)
              }
            let (from, to) = (3 * (fromY * self.width + fromX), 3 * (y * width + x))
            for c in 0..<3 { target[to + c] = source[from + c] }
          }
        }
      }
    }
  }
}
