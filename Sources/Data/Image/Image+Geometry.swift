import JEPATensor

extension Image {
  /// The `width × height` rectangle whose top left pixel is (`x`, `y`); it must lie inside.
  public func cropped(x: Int, y: Int, width: Int, height: Int) -> Image {
    require(
      x >= 0 && y >= 0 && width > 0 && height > 0 && x <= self.width - width
        && y <= self.height - height,
      "Image.cropped: \(width)x\(height) at (\(x), \(y)) is outside \(self.width)x\(self.height)")
    if width == self.width && height == self.height { return self }
    return Image(width: width, height: height) { output in
      pixels.withUnsafeBufferPointer { input in
        for row in 0..<height {
          let start = ((y + row) * self.width + x) * 3
          output.baseAddress?.advanced(by: row * width * 3)
            .update(from: input.baseAddress! + start, count: width * 3)
        }
      }
    }
  }

  /// The image mirrored left to right.
  public func flippedHorizontally() -> Image {
    editing { bytes in
      for row in 0..<height {
        var left = row * width * 3
        var right = left + (width - 1) * 3
        while left < right {
          for c in 0..<3 { bytes.swapAt(left + c, right + c) }
          left += 3
          right -= 3
        }
      }
    }
  }

  /// The image in the middle of a black one at least `width × height`; the odd row or column of
  /// padding goes to the bottom or the right.
  func padded(toWidth width: Int, height: Int) -> Image {
    let newWidth = max(width, self.width)
    let newHeight = max(height, self.height)
    if newWidth == self.width && newHeight == self.height { return self }
    let left = (newWidth - self.width) / 2
    let top = (newHeight - self.height) / 2
    return Image(width: newWidth, height: newHeight) { output in
      output.update(repeating: 0)
      pixels.withUnsafeBufferPointer { input in
        for row in 0..<self.height {
          output.baseAddress?.advanced(by: ((top + row) * newWidth + left) * 3)
            .update(from: input.baseAddress! + row * self.width * 3, count: self.width * 3)
        }
      }
    }
  }
}
