import JEPATensor

/// Some images of another data set, with its classes.
public struct ImageSubset: ImageDataset {
  public let base: any ImageDataset
  /// Positions in `base`.
  public let indices: [Int]

  public init(_ base: any ImageDataset, indices: [Int]) {
    require(
      indices.allSatisfy { 0..<base.count ~= $0 },
      "ImageSubset: an index is outside 0 ..< \(base.count)")
    self.base = base
    self.indices = indices
  }

  public var count: Int { indices.count }
  public var classNames: [String] { base.classNames }
  public func label(at index: Int) -> Int { base.label(at: indices[index]) }
  public func image(at index: Int) throws -> Image { try base.image(at: indices[index]) }
  public func name(at index: Int) -> String { base.name(at: indices[index]) }
  public var isLabeled: Bool { base.isLabeled }
  public var remarks: [String] { base.remarks }
  public var defects: ImageDefects? { base.defects }
}
