/// How image files are decoded, beyond what their format says.
public struct ImageDecoding: Sendable {
  /// Whether images are rotated and mirrored as their EXIF orientation says. Off, the stored rows are taken as
  /// they are, as PIL and torchvision do unless told otherwise.
  public var appliesOrientation: Bool
  /// Counts the files whose defects leave every pixel intact.
  public var defects: ImageDefects?

  public init(appliesOrientation: Bool = false, defects: ImageDefects? = nil) {
    self.appliesOrientation = appliesOrientation
    self.defects = defects
  }
}
