import CJEPAKernels

/// A dense array of numbers with a shape, an element type and, where a gradient is wanted, a place in
/// the graph that computed it.
///
/// Tensors are values: contiguous, row-major, copied on write. Reverse-mode differentiation is in
/// ``valueAndGradients(of:_:)``; nothing is recorded unless an operand needs a gradient.
public struct Tensor: Sendable {
  public let shape: [Int]
  public let dtype: DType
  var storage: Storage
  var node: Node?

  /// Fresh storage that the caller fills at once.
  init(uninitialized shape: [Int], dtype: DType) {
    for size in shape { require(size >= 0, "Tensor: negative size in shape \(shape)") }
    self.shape = shape
    self.dtype = dtype
    storage = Storage(byteCount: shape.reduce(1, *) * dtype.byteSize)
  }

  init(shape: [Int], dtype: DType, storage: Storage) {
    self.shape = shape
    self.dtype = dtype
    self.storage = storage
  }

  /// A tensor whose bytes `fill` writes, all of them, in row-major order.
  public init(
    shape: [Int], dtype: DType, bytes fill: (UnsafeMutableRawBufferPointer) throws -> Void
  ) rethrows {
    self.init(uninitialized: shape, dtype: dtype)
    try fill(UnsafeMutableRawBufferPointer(start: storage.pointer, count: byteCount))
  }

  /// A float32 tensor of `values` in row-major order.
  public init(_ values: [Float], shape: [Int]) {
    Self.check(values.count, shape)
    self.init(uninitialized: shape, dtype: .float32)
    values.withUnsafeBytes {
      if let base = $0.baseAddress { storage.pointer.copyMemory(from: base, byteCount: $0.count) }
    }
  }

  /// A tensor of `values` in row-major order, converted to `dtype`.
  public init(_ values: [Double], shape: [Int], dtype: DType = .float64) {
    Self.check(values.count, shape)
    self.init(uninitialized: shape, dtype: dtype)
    values.withUnsafeBufferPointer {
      jk_cast(JK_FLOAT64, $0.baseAddress, dtype.kernel, storage.pointer, $0.count)
    }
  }

  /// A tensor of rank 0.
  public init(_ value: Double, dtype: DType = .float32) {
    self.init([value], shape: [], dtype: dtype)
  }

  private static func check(_ count: Int, _ shape: [Int]) {
    require(
      count == shape.reduce(1, *), "Tensor: \(count) values do not fill shape \(shape)")
  }

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// The number of axes.
  public var rank: Int { shape.count }

  var byteCount: Int { count * dtype.byteSize }
  var pointer: UnsafeMutableRawPointer { storage.pointer }

  public static func zeros(_ shape: [Int], dtype: DType = .float32) -> Tensor {
    full(shape, 0, dtype: dtype)
  }

  public static func ones(_ shape: [Int], dtype: DType = .float32) -> Tensor {
    full(shape, 1, dtype: dtype)
  }

  public static func full(_ shape: [Int], _ value: Double, dtype: DType = .float32) -> Tensor {
    let result = Tensor(uninitialized: shape, dtype: dtype)
    jk_fill(dtype.kernel, value, result.pointer, result.count)
    return result
  }

  /// `0, 1, …, count − 1`.
  public static func range(_ count: Int, dtype: DType = .float32) -> Tensor {
    Tensor((0..<count).map(Double.init), shape: [count], dtype: dtype)
  }

  /// The identity matrix [size, size].
  public static func identity(_ size: Int, dtype: DType = .float32) -> Tensor {
    Tensor(
      (0..<size * size).map { $0 % (size + 1) == 0 ? 1 : 0 }, shape: [size, size], dtype: dtype)
  }

  /// Draws from N(0, 1).
  public static func normal(
    _ shape: [Int], dtype: DType = .float32, using random: inout RandomSource
  ) -> Tensor {
    Tensor((0..<shape.reduce(1, *)).map { _ in random.normal() }, shape: shape, dtype: dtype)
  }

  /// Draws from the uniform distribution on [0, 1).
  public static func uniform(
    _ shape: [Int], dtype: DType = .float32, using random: inout RandomSource
  ) -> Tensor {
    Tensor((0..<shape.reduce(1, *)).map { _ in random.uniform() }, shape: shape, dtype: dtype)
  }

  /// Draws from N(0, `deviation`²) truncated to ±`bound` (an absolute bound, as in PyTorch).
  /// Zeros, and no draws, where `deviation` is 0.
  public static func truncatedNormal(
    _ shape: [Int], deviation: Double, bound: Double = 2, dtype: DType = .float32,
    using random: inout RandomSource
  ) -> Tensor {
    if deviation == 0 { return .zeros(shape, dtype: dtype) }
    let limit = bound / deviation
    let draws = (0..<shape.reduce(1, *)).map { _ in
      deviation * random.truncatedNormal(lower: -limit, upper: limit)
    }
    return Tensor(draws, shape: shape, dtype: dtype)
  }
}

extension Tensor {
  /// The elements as float32, in row-major order.
  public func floats() -> [Float] {
    let values = cast(to: .float32)
    return values.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }

  /// The elements as float64, in row-major order.
  public func doubles() -> [Double] {
    let values = detached().cast(to: .float64)
    return values.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
  }

  /// The only element.
  public func item() -> Double {
    require(count == 1, "Tensor.item: shape \(shape) holds \(count) elements, not one")
    return doubles()[0]
  }

  /// The elements' bytes, for the call's duration.
  public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try withExtendedLifetime(storage) {
      try body(UnsafeRawBufferPointer(start: storage.pointer, count: byteCount))
    }
  }

  /// The elements' bytes for writing; copies them first where another tensor shares them.
  public mutating func withUnsafeMutableBytes<R>(
    _ body: (UnsafeMutableRawBufferPointer) throws -> R
  ) rethrows -> R {
    require(
      node == nil, "Tensor.withUnsafeMutableBytes: the tensor is part of a gradient's graph")
    if isKnownUniquelyReferenced(&storage) {
      storage.forgetPrepared()
    } else {
      storage = storage.copy()
    }
    return try body(UnsafeMutableRawBufferPointer(start: storage.pointer, count: byteCount))
  }

  /// The same values, outside any gradient's graph.
  public func detached() -> Tensor { Tensor(shape: shape, dtype: dtype, storage: storage) }

  /// Whether gradients flow through this tensor.
  public var needsGradient: Bool { node != nil }
}

extension Tensor: CustomStringConvertible {
  public var description: String {
    let shown = detached().reshaped([count]).slice(axis: 0, 0..<Swift.min(count, 8)).doubles()
    let values = shown.map { String($0) }.joined(separator: ", ")
    return "Tensor\(shape) \(dtype.rawValue) [\(values)\(count > 8 ? ", …" : "")]"
  }
}
