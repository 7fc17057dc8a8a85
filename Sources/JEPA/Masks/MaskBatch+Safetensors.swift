import JEPATensor

extension MaskBatch {
  /// Masks stored as integers [blocks, images, patches], as the reference's collator gives them.
  ///
  /// - Throws: `SafetensorsError` where a tensor is missing or has another shape.
  public init(_ file: SafetensorsFile, contexts: String, targets: String) throws {
    self.init(
      contexts: try Self.blocks(file, contexts), targets: try Self.blocks(file, targets))
  }

  private static func blocks(_ file: SafetensorsFile, _ name: String) throws -> [[[Int32]]] {
    let shape = try file.shape(of: name)
    guard shape.count == 3 else {
      throw SafetensorsError(
        file: file.url.path, tensor: name,
        reason: "its shape is \(shape), not [blocks, images, patches]")
    }
    let values = try file.integers(named: name).map { value in
      guard let patch = Int32(exactly: value), patch >= 0 else {
        throw SafetensorsError(
          file: file.url.path, tensor: name, reason: "holds \(value), which is no patch")
      }
      return patch
    }
    return (0..<shape[0]).map { block in
      (0..<shape[1]).map { image in
        let start = (block * shape[1] + image) * shape[2]
        return Array(values[start..<start + shape[2]])
      }
    }
  }
}
