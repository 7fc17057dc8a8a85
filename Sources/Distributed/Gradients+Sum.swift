import JEPATensor

extension Gradients {
  /// How many bytes are exchanged at once unless told otherwise: 8 MiB.
  public static var bucketBytes: Int { 8 << 20 }

  /// The sum of all ranks' gradients, the same bits on each.
  ///
  /// Gradients lie one after the other in buckets, so that small ones do not each wait for the network; a
  /// parameter that has a gradient on some ranks counts as 0 on the others.
  ///
  /// - Parameters:
  ///   - module: whose gradients they are, for shapes and types.
  ///   - bucketBytes: a bucket ends with the gradient that fills it.
  /// - Throws: ``CommunicatorError``.
  public func sum<M: Module>(
    over communicator: any Communicator, of module: M, bucketBytes: Int = Gradients.bucketBytes
  ) throws -> Gradients {
    if communicator.count == 1 { return self }
    let presence = try communicator.sum(tensors.map { $0 == nil ? 0 : 1 })
    let parameters = Dictionary(uniqueKeysWithValues: module.namedParameters())
    var result = tensors
    for index in tensors.indices where presence[index] > 0 {
      guard let parameter = parameters[names[index]] else {
        preconditionFailure("Gradients.sum: no parameter \(names[index]) in the module")
      }
      result[index] =
        tensors[index]?.cast(to: parameter.dtype)
        ?? .zeros(parameter.shape, dtype: parameter.dtype)
    }
    for bucket in GradientBuckets(result, bytes: bucketBytes).buckets {
      try bucket.sum(&result, over: communicator)
    }
    return Gradients(names: names, tensors: result)
  }
}

/// Gradients of one type that are exchanged together.
struct GradientBuckets {
  struct Bucket: Equatable {
    let dtype: DType
    var indices: [Int]
    var bytes: Int

    /// Replaces the bucket's tensors by their sums over ranks.
    func sum(_ tensors: inout [Tensor?], over communicator: any Communicator) throws {
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 64)
      defer { buffer.deallocate() }
      var offset = 0
      for index in indices {
        tensors[index]?.withUnsafeBytes { values in
          UnsafeMutableRawBufferPointer(rebasing: buffer[offset..<offset + values.count])
            .copyMemory(from: values)
          offset += values.count
        }
      }
      try communicator.sum(buffer, of: dtype)
      offset = 0
      for index in indices {
        guard let shape = tensors[index]?.shape else { continue }
        tensors[index] = Tensor(shape: shape, dtype: dtype) { bytes in
          bytes.copyMemory(
            from: UnsafeRawBufferPointer(rebasing: buffer[offset..<offset + bytes.count]))
          offset += bytes.count
        }
      }
    }
  }

  private(set) var buckets: [Bucket] = []

  /// Cuts the tensors that are there, in order; a bucket is full at `bytes`.
  init(_ tensors: [Tensor?], bytes: Int) {
    for (index, tensor) in tensors.enumerated() {
      guard let tensor else { continue }
      let size = tensor.count * tensor.dtype.byteSize
      if let last = buckets.indices.last, buckets[last].dtype == tensor.dtype,
        buckets[last].bytes < bytes
      {
        buckets[last].indices.append(index)
        buckets[last].bytes += size
      } else {
        buckets.append(Bucket(dtype: tensor.dtype, indices: [index], bytes: size))
      }
    }
  }
}
