import JEPATensor

/// Addition of what several ranks sent, for implementations of ``Communicator``.
public enum PartialSums {
  /// Adds the buffers, which are as long as each other, as a balanced tree into the first; the others hold
  /// partial sums afterwards.
  ///
  /// - Parameter type: float32 or float64.
  public static func reduce(_ buffers: [UnsafeMutableRawBufferPointer], of type: DType) {
    for buffer in buffers {
      require(
        buffer.count == buffers[0].count,
        "PartialSums.reduce: \(buffers[0].count) and \(buffer.count) bytes")
      check(buffer, of: type)
    }
    _ = balancedSum(0..<buffers.count, { buffers[$0] }) { sum, other in
      if type == .float64 {
        add(other.bindMemory(to: Double.self), to: sum.bindMemory(to: Double.self))
      } else {
        add(other.bindMemory(to: Float.self), to: sum.bindMemory(to: Float.self))
      }
    }
  }

  /// Refuses types that cannot be added over ranks, and bytes that are no whole number of values.
  public static func check(_ buffer: UnsafeMutableRawBufferPointer, of type: DType) {
    require(
      type != .bfloat16 && buffer.count % type.byteSize == 0,
      "Communicator.sum: \(buffer.count) bytes of \(type); give whole float32 or float64 values")
  }

  private static func add<Value: FloatingPoint>(
    _ other: UnsafeMutableBufferPointer<Value>, to sum: UnsafeMutableBufferPointer<Value>
  ) {
    for index in 0..<sum.count { sum[index] += other[index] }
  }
}
