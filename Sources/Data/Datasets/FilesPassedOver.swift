/// Files among the images whose kind is not read, by the ends of their names.
struct FilesPassedOver {
  private var counts: [String: Int] = [:]

  /// Kinds that hold images and are not read. Lists, labels and notes beside images are none of them.
  private static let kinds: Set<String> = [
    "gif", "tif", "tiff", "heic", "heif", "avif", "jp2", "j2k", "jxl", "jxr", "ppm", "pgm", "pbm",
    "pnm", "tga",
    "svg", "ico", "dib", "psd", "exr", "hdr", "dds", "dcm", "dicom", "nii", "dng", "cr2", "nef",
    "arw", "raw",
    "npy", "npz", "mp4", "mov", "avi", "zip", "tar", "gz",
  ]

  mutating func add(_ name: String) {
    if let kind = ImageFile.fileExtension(of: name), Self.kinds.contains(kind) {
      counts[kind, default: 0] += 1
    }
  }

  mutating func add(_ others: FilesPassedOver) {
    counts.merge(others.counts) { $0 + $1 }
  }

  /// `12 .gif, 3 .tif`; nil where there are none.
  var list: String? {
    if counts.isEmpty { return nil }
    return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "\($0.value) .\($0.key)" }.joined(separator: ", ")
  }
}
