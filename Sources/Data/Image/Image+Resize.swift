import CJEPAImageFile
import JEPATensor

extension Image {
  /// The image at another size, antialiased.
  ///
  /// One pass along rows and one along columns, each rounded to 8 bits, with weights of 22 binary
  /// places: the same bytes as the Python Imaging Library 13's `resize`, and so as torchvision's on
  /// its images. (Its earlier versions always begin with the rows, and differ by a few steps of 255
  /// where the height shrinks by more than twice as many pixels as the width.)
  public func resized(
    width: Int, height: Int, interpolation: Interpolation = .bilinear
  ) -> Image {
    resized(
      from: (x: 0, y: 0, width: self.width, height: self.height), width: width, height: height,
      interpolation: interpolation)
  }

  /// The rectangle `from` at another size: `cropped` and then `resized` without the copy between.
  /// Pixels outside the rectangle have no influence.
  func resized(
    from box: (x: Int, y: Int, width: Int, height: Int), width: Int, height: Int,
    interpolation: Interpolation
  ) -> Image {
    require(width > 0 && height > 0, "Image.resized: \(height)x\(width) is empty")
    require(
      box.x >= 0 && box.y >= 0 && box.width > 0 && box.height > 0
        && box.x <= self.width - box.width && box.y <= self.height - box.height,
      "Image.resized: \(box) is outside \(self.width)x\(self.height)")
    if width == box.width && height == box.height {
      return cropped(x: box.x, y: box.y, width: width, height: height)
    }
    let columns = ResampleWeights(interpolation, inputSize: box.height, outputSize: height)
    let stride = self.width * 3
    let origin = box.y * stride + box.x * 3
    if width == box.width {
      return Image(width: width, height: height) { output in
        pixels.withUnsafeBufferPointer { input in
          columns.applyToColumns(
            input.baseAddress! + origin, stride: stride, width: width,
            firstRow: 0, output: output.baseAddress!)
        }
      }
    }
    let across = ResampleWeights(interpolation, inputSize: box.width, outputSize: width)
    if height == box.height {
      return Image(width: width, height: height) { output in
        pixels.withUnsafeBufferPointer { input in
          across.applyToRows(
            input.baseAddress! + origin, stride: stride, rows: height,
            output: output.baseAddress!)
        }
      }
    }
    // The cheaper order where the height shrinks much more than the width.
    let rowsLost = box.height - height
    if rowsLost > 0 && rowsLost > 2 * (box.width - width) {
      let middle = Image(width: box.width, height: height) { output in
        pixels.withUnsafeBufferPointer { input in
          columns.applyToColumns(
            input.baseAddress! + origin, stride: stride, width: box.width, firstRow: 0,
            output: output.baseAddress!)
        }
      }
      return Image(width: width, height: height) { output in
        middle.pixels.withUnsafeBufferPointer { input in
          across.applyToRows(
            input.baseAddress!, stride: box.width * 3, rows: height, output: output.baseAddress!)
        }
      }
    }
    // Rows that no output reads are not resampled.
    let rows = columns.inputRange
    let middle = Image(width: width, height: rows.count) { output in
      pixels.withUnsafeBufferPointer { input in
        across.applyToRows(
          input.baseAddress! + origin + rows.lowerBound * stride, stride: stride,
          rows: rows.count, output: output.baseAddress!)
      }
    }
    return Image(width: width, height: height) { output in
      middle.pixels.withUnsafeBufferPointer { input in
        columns.applyToColumns(
          input.baseAddress!, stride: width * 3, width: width, firstRow: rows.lowerBound,
          output: output.baseAddress!)
      }
    }
  }
}

extension ResampleWeights {
  fileprivate func applyToRows(
    _ input: UnsafePointer<UInt8>, stride: Int, rows: Int, output: UnsafeMutablePointer<UInt8>
  ) {
    cjepa_resample_rows(
      input, stride, output, firsts.count * 3, Int32(rows), Int32(firsts.count), firsts, counts,
      weights, Int32(taps))
  }

  /// `input` points at row `firstRow` of the image that the weights are about.
  fileprivate func applyToColumns(
    _ input: UnsafePointer<UInt8>, stride: Int, width: Int, firstRow: Int,
    output: UnsafeMutablePointer<UInt8>
  ) {
    cjepa_resample_columns(
      input, stride, output, width * 3, Int32(width * 3), Int32(firsts.count),
      firsts.map { $0 - Int32(firstRow) }, counts, weights, Int32(taps))
  }
}
