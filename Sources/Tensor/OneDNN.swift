import COneDNN
import Synchronization

/// The oneDNN engine and the matrix-product primitives made so far.
final class OneDNN: @unchecked Sendable {
  static let shared = OneDNN()

  private let engine: dnnl_engine_t?
  private let stream: dnnl_stream_t?
  private let primitives = Mutex<[MatrixProduct: Primitive]>([:])

  private init() {
    var engine: dnnl_engine_t?
    Self.check(dnnl_engine_create(&engine, dnnl_cpu, 0), "engine")
    var stream: dnnl_stream_t?
    Self.check(
      dnnl_stream_create(&stream, engine, UInt32(dnnl_stream_default_flags.rawValue)), "stream")
    self.engine = engine
    self.stream = stream
  }

  static func check(_ status: dnnl_status_t, _ what: String) {
    precondition(status == dnnl_success, "oneDNN: \(what) failed with status \(status.rawValue)")
  }

  /// One compiled product and the descriptions of its operands.
  private struct Primitive: @unchecked Sendable {
    var handle: dnnl_primitive_t?
    var a = dnnl_memory_desc_t()
    var b = dnnl_memory_desc_t()
    var bias = dnnl_memory_desc_t()
    var c = dnnl_memory_desc_t()
    var scratchpad = dnnl_memory_desc_t()
    var scratchpadBytes = 0
  }

  func execute(
    _ product: MatrixProduct, _ a: UnsafeMutableRawPointer, _ b: UnsafeMutableRawPointer,
    _ bias: UnsafeMutableRawPointer?, _ c: UnsafeMutableRawPointer
  ) {
    omp_set_num_threads(1)
    var primitive = primitives.withLock { known in
      if let found = known[product] { return found }
      let made = make(product)
      known[product] = made
      return made
    }
    let scratch =
      primitive.scratchpadBytes > 0
      ? Storage(byteCount: primitive.scratchpadBytes) : nil
    var arguments = [
      argument(DNNL_ARG_SRC, &primitive.a, a), argument(DNNL_ARG_WEIGHTS, &primitive.b, b),
      argument(DNNL_ARG_DST, &primitive.c, c),
    ]
    if product.hasBias { arguments.append(argument(DNNL_ARG_BIAS, &primitive.bias, bias)) }
    if let scratch {
      arguments.append(argument(DNNL_ARG_SCRATCHPAD, &primitive.scratchpad, scratch.pointer))
    }
    Self.check(
      dnnl_primitive_execute(primitive.handle, stream, Int32(arguments.count), arguments),
      "matrix product \(product)")
    for argument in arguments { dnnl_memory_destroy(argument.memory) }
    withExtendedLifetime(scratch) {}
  }

  private func argument(
    _ kind: Int32, _ description: inout dnnl_memory_desc_t, _ pointer: UnsafeMutableRawPointer?
  ) -> dnnl_exec_arg_t {
    var memory: dnnl_memory_t?
    Self.check(dnnl_memory_create(&memory, &description, engine, pointer), "memory")
    return dnnl_exec_arg_t(arg: kind, memory: memory)
  }

  private func make(_ product: MatrixProduct) -> Primitive {
    var result = Primitive()
    result.a = description(
      product, product.rows, product.depth, transposed: product.transposeA, product.dtype)
    result.b = description(
      product, product.depth, product.columns, transposed: product.transposeB, product.dtype)
    result.c = description(
      product, product.rows, product.columns, transposed: false, product.outputType)
    var operation = dnnl_matmul_desc_t()
    if product.hasBias {
      result.bias = description(
        product, 1, product.columns, transposed: false, product.dtype.accumulation)
      Self.check(
        dnnl_matmul_desc_init(&operation, &result.a, &result.b, &result.bias, &result.c), "matmul")
    } else {
      Self.check(
        dnnl_matmul_desc_init(&operation, &result.a, &result.b, nil, &result.c), "matmul")
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
    var primitiveDescription: dnnl_primitive_desc_t?
    Self.check(
      withUnsafePointer(to: &operation) {
        dnnl_primitive_desc_create(&primitiveDescription, $0, attributes, engine, nil)
      }, "matrix product \(product)")
    Self.check(dnnl_primitive_create(&result.handle, primitiveDescription), "primitive")
    if let scratchpad = dnnl_primitive_desc_query_md(
      primitiveDescription, dnnl_query_scratchpad_md, 0)
    {
      result.scratchpad = scratchpad.pointee
      result.scratchpadBytes = dnnl_memory_desc_get_size(scratchpad)
    }
    dnnl_primitive_desc_destroy(primitiveDescription)
    dnnl_primitive_attr_destroy(attributes)
    return result
  }

  /// A row-major matrix (or a batch of them), read as its transpose where asked.
  private func description(
    _ product: MatrixProduct, _ rows: Int, _ columns: Int, transposed: Bool, _ dtype: DType
  ) -> dnnl_memory_desc_t {
    let type = dtype == .bfloat16 ? dnnl_bf16 : dnnl_f32
    var sizes = [Int64(rows), Int64(columns)]
    var strides = transposed ? [1, Int64(rows)] : [Int64(columns), 1]
    if product.batch > 1 {
      sizes.insert(
        Int64(rows == 1 && columns == product.columns && product.hasBias ? 1 : product.batch), at: 0
      )
      strides.insert(Int64(rows * columns), at: 0)
    }
    var result = dnnl_memory_desc_t()
    Self.check(
      dnnl_memory_desc_init_by_strides(&result, Int32(sizes.count), sizes, type, strides),
      "memory description")
    return result
  }
}
