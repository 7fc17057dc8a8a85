import COneDNN

/// The oneDNN engine and the matrix products compiled so far. Products run on the calling thread alone.
final class OneDNN: @unchecked Sendable {
  static let shared = OneDNN()

  let engine: dnnl_engine_t?
  let stream: dnnl_stream_t?
  /// Nil: oneDNN has no kernel for the product on this processor, or a slow one.
  private let primitives = Lock<[Product: Primitive?]>([:])
  let packedLayouts = Lock<[Operand: PackedLayout?]>([:])

  /// A product: where its operands' entries lie, and what is done with the result.
  struct Product: Hashable {
    var a: Operand
    var b: Operand
    var c: Operand
    var bias: Operand?
    /// C += rather than C =.
    var accumulates = false
    /// B is a weight in the order that oneDNN asked for: see ``OneDNN/packed(_:_:)``.
    var hasPackedB = false
  }

  /// A matrix, or a batch of matrices with one or two axes before; strides in elements.
  struct Operand: Hashable {
    var sizes: SIMD4<Int64>
    var strides: SIMD4<Int64>
    var rank: Int
    var dtype: DType

    init(_ sizes: [Int], strides: [Int], dtype: DType) {
      require(sizes.count == strides.count && sizes.count <= 4, "OneDNN.Operand: \(sizes)")
      self.sizes = .zero
      self.strides = .zero
      for axis in sizes.indices {
        self.sizes[axis] = Int64(sizes[axis])
        self.strides[axis] = Int64(strides[axis])
      }
      rank = sizes.count
      self.dtype = dtype
    }
  }

  private init() {
    Self.limitInstructions()
    var engine: dnnl_engine_t?
    Self.check(dnnl_engine_create(&engine, dnnl_cpu, 0), "engine")
    var stream: dnnl_stream_t?
    Self.check(
      dnnl_stream_create(&stream, engine, UInt32(dnnl_stream_default_flags.rawValue)), "stream")
    self.engine = engine
    self.stream = stream
  }

  /// - Parameter what: composed only where it is needed: every product comes through here.
  static func check(_ status: dnnl_status_t, _ what: @autoclosure () -> String) {
    require(status == dnnl_success, "oneDNN: \(what()) failed: \(reason(status))")
  }

  private static func reason(_ status: dnnl_status_t) -> String {
    switch status {
    case dnnl_out_of_memory: "out of memory"
    case dnnl_invalid_arguments: "invalid arguments"
    case dnnl_unimplemented: "not implemented for this processor"
    default: "status \(status.rawValue)"
    }
  }

  static func type(_ dtype: DType) -> dnnl_data_type_t { dtype == .bfloat16 ? dnnl_bf16 : dnnl_f32 }

  /// Computes a product; or returns false, having done nothing, where oneDNN has no kernel for it on this processor.
  /// It is asked once for each product.
  func execute(
    _ product: Product, _ a: UnsafeMutableRawPointer, _ b: UnsafeMutableRawPointer,
    into c: UnsafeMutableRawPointer, bias: UnsafeMutableRawPointer? = nil
  ) -> Bool {
    omp_set_num_threads(1)
    let primitive = primitives.withLock { known in
      if let found = known[product] { return found }
      let made = make(product)
      known[product] = .some(made)
      return made
    }
    guard let primitive else { return false }
    primitive.execute([a, b, c] + (product.bias == nil ? [] : [bias]), on: stream)
    return true
  }

  func argument(
    _ kind: Int32, _ description: inout dnnl_memory_desc_t, _ pointer: UnsafeMutableRawPointer?
  ) -> dnnl_exec_arg_t {
    var memory: dnnl_memory_t?
    Self.check(dnnl_memory_create(&memory, &description, engine, pointer), "memory")
    return dnnl_exec_arg_t(arg: kind, memory: memory)
  }

  private func make(_ product: Product) -> Primitive? {
    if product.a.dtype == .bfloat16 && !Processor.multipliesBFloat16 { return nil }
    var a = description(product.a)
    var b = description(product.b)
    if product.hasPackedB, let layout = packedLayout(of: product.b) { b = layout.description }
    var c = description(product.c)
    var operation = dnnl_matmul_desc_t()
    var operands = [(DNNL_ARG_SRC, a), (DNNL_ARG_WEIGHTS, b), (DNNL_ARG_DST, c)]
    if let bias = product.bias {
      var bias = description(bias)
      operands.append((DNNL_ARG_BIAS, bias))
      Self.check(dnnl_matmul_desc_init(&operation, &a, &b, &bias, &c), "matmul")
    } else {
      Self.check(dnnl_matmul_desc_init(&operation, &a, &b, nil, &c), "matmul")
    }
    var attributes: dnnl_primitive_attr_t?
    Self.check(dnnl_primitive_attr_create(&attributes), "attributes")
    Self.check(
      dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user), "scratchpad")
    if product.accumulates {
      var operations: dnnl_post_ops_t?
      Self.check(dnnl_post_ops_create(&operations), "post-operations")
      Self.check(dnnl_post_ops_append_sum(operations, 1), "sum")
      Self.check(dnnl_primitive_attr_set_post_ops(attributes, operations), "post-operations")
      dnnl_post_ops_destroy(operations)
    }
    var made: dnnl_primitive_desc_t?
    defer { dnnl_primitive_attr_destroy(attributes) }
    let status = withUnsafePointer(to: &operation) {
      dnnl_primitive_desc_create(&made, $0, attributes, engine, nil)
    }
    if status == dnnl_unimplemented && product.a.dtype == .bfloat16 { return nil }
    Self.check(status, "matrix product \(product)")
    var handle: dnnl_primitive_t?
    Self.check(dnnl_primitive_create(&handle, made), "primitive")
    var scratchpadBytes = 0
    if let scratchpad = dnnl_primitive_desc_query_md(made, dnnl_query_scratchpad_md, 0) {
      scratchpadBytes = dnnl_memory_desc_get_size(scratchpad)
      if scratchpadBytes > 0 { operands.append((DNNL_ARG_SCRATCHPAD, scratchpad.pointee)) }
    }
    dnnl_primitive_desc_destroy(made)
    return Primitive(
      handle: handle, engine: engine, operands: operands, scratchpadBytes: scratchpadBytes)
  }

  func description(_ operand: Operand) -> dnnl_memory_desc_t {
    let type = Self.type(operand.dtype)
    let sizes = (0..<operand.rank).map { operand.sizes[$0] }
    let strides = (0..<operand.rank).map { operand.strides[$0] }
    var result = dnnl_memory_desc_t()
    Self.check(
      dnnl_memory_desc_init_by_strides(&result, Int32(operand.rank), sizes, type, strides),
      "memory description")
    return result
  }
}
