import JEPATensor

/// A rectangle of an image's pixels.
public struct ImageRegion: Sendable, Hashable, Codable {
  /// The left column and the top row.
  public let x: Int
  public let y: Int
  public let width: Int
  public let height: Int
  /// The size of the image that it lies in.
  public let imageWidth: Int
  public let imageHeight: Int

  public init(x: Int, y: Int, width: Int, height: Int, imageWidth: Int, imageHeight: Int) {
    require(
      x >= 0 && y >= 0 && width > 0 && height > 0 && x + width <= imageWidth
        && y + height <= imageHeight,
      "ImageRegion: \(width)x\(height) at (\(x), \(y)) is not inside \(imageWidth)x\(imageHeight)")
    self.x = x
    self.y = y
    self.width = width
    self.height = height
    self.imageWidth = imageWidth
    self.imageHeight = imageHeight
  }

  public func contains(x: Int, y: Int) -> Bool {
    self.x <= x && x < self.x + width && self.y <= y && y < self.y + height
  }

  /// The rows and columns of patches, on a grid over the image, that hold a pixel of the region.
  ///
  /// The grid must divide the image: patches are whole pixels.
  public func patchBlock(rows: Int, columns: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    require(
      rows > 0 && columns > 0 && imageHeight % rows == 0 && imageWidth % columns == 0,
      "ImageRegion.patchBlock: a grid of \(rows)x\(columns) does not divide "
        + "\(imageHeight)x\(imageWidth) pixels")
    let (patchHeight, patchWidth) = (imageHeight / rows, imageWidth / columns)
    return (
      y / patchHeight..<(y + height - 1) / patchHeight + 1,
      x / patchWidth..<(x + width - 1) / patchWidth + 1
    )
  }

  /// The patches of ``patchBlock(rows:columns:)``, rising, counted row by row.
  public func patches(rows: Int, columns: Int) -> [Int] {
    let block = patchBlock(rows: rows, columns: columns)
    return block.rows.flatMap { row in block.columns.map { row * columns + $0 } }
  }
}

/// Images each of which has a region that one may want to hide.
public protocol RegionDataset: ImageDataset {
  /// The region of the image at `index`.
  func region(at index: Int) -> ImageRegion
}
