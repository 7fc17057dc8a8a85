import JEPATensor

/// Gradients of one type that are exchanged together, so that small ones do not each wait for the network.
struct GradientBuckets: Sendable {
  struct Bucket: Equatable {
    let dtype: DType
    /// The parameters' places in the model's order.
    var indices: [Int] = []
    /// The first byte of each gradient in the bucket.
    var offsets: [Int] = []
    var bytes = 0
  }

  private(set) var buckets: [Bucket] = []

  /// Cuts the model's parameters from its end to its beginning, the order in which a backward pass comes to
  /// them; a bucket ends with the parameter that fills it.
  ///
  /// - Parameters:
  ///   - parameters: in the model's order.
  ///   - bytes: from so many bytes on a bucket is full.
  init(_ parameters: [Tensor], bytes: Int) {
    for (index, parameter) in parameters.enumerated().reversed() {
      if buckets.last.map({ $0.dtype == parameter.dtype && $0.bytes < bytes }) != true {
        buckets.append(Bucket(dtype: parameter.dtype))
      }
      let last = buckets.count - 1
      buckets[last].indices.append(index)
      buckets[last].offsets.append(buckets[last].bytes)
      buckets[last].bytes += parameter.count * parameter.dtype.byteSize
    }
  }
}
