import COneDNN

// Weights in the order in which a product reads them.
//
// Matrix units want the second operand in tiles. Given plain rows, a product makes those tiles anew
// at every call, which for the sizes of a small transformer takes up to a third of its time. A weight stays
// the same for a whole step, so that it is brought into tiles once.

extension OneDNN {
  /// What oneDNN asked for in place of a plain matrix.
  struct PackedLayout: @unchecked Sendable {
    var description: dnnl_memory_desc_t
    var byteCount: Int
  }

  /// The rows of the products that are asked for their favourite layout: those that packed batches are
  /// cut into.
  private static var rowsAtOnce: Int { 512 }

  /// The weight of `storage`, whose entries lie as `operand` says, in the layout for products with it
  /// on the right; nil where that is the plain one. Made once, kept with the storage.
  func packed(_ storage: Storage, _ operand: Operand) -> Storage? {
    guard let layout = packedLayout(of: operand) else { return nil }
    return storage.prepared(operand) {
      Profiler.measure("pack", bytes: 2 * layout.byteCount) { pack(storage, operand, layout) }
    }
  }

  /// The layout that oneDNN prefers for the second operand `operand`; nil where plain rows serve.
  func packedLayout(of operand: Operand) -> PackedLayout? {
    packedLayouts.withLock { known in
      if let found = known[operand] { return found }
      let asked = preferredLayout(of: operand)
      known[operand] = .some(asked)
      return asked
    }
  }

  private func preferredLayout(of operand: Operand) -> PackedLayout? {
    if operand.dtype == .bfloat16 && !Processor.multipliesBFloat16 { return nil }
    let (depth, columns) = (Int(operand.sizes[0]), Int(operand.sizes[1]))
    let rows = Self.rowsAtOnce
    var a = description(Operand([rows, depth], strides: [depth, 1], dtype: operand.dtype))
    var c = description(Operand([rows, columns], strides: [columns, 1], dtype: operand.dtype))
    var b = dnnl_memory_desc_t()
    Self.check(
      dnnl_memory_desc_init_by_tag(
        &b, 2, [Int64(depth), Int64(columns)], Self.type(operand.dtype), dnnl_format_tag_any),
      "memory description")
    var operation = dnnl_matmul_desc_t()
    Self.check(dnnl_matmul_desc_init(&operation, &a, &b, nil, &c), "matmul")
    var made: dnnl_primitive_desc_t?
    let status = withUnsafePointer(to: &operation) {
      dnnl_primitive_desc_create(&made, $0, nil, engine, nil)
    }
    guard status == dnnl_success else { return nil }
    defer { dnnl_primitive_desc_destroy(made) }
    guard let asked = dnnl_primitive_desc_query_md(made, dnnl_query_weights_md, 0) else {
      return nil
    }
    let plain = [false, true].map { transposed in
      description(
        Operand(
          [depth, columns], strides: transposed ? [1, depth] : [columns, 1], dtype: operand.dtype))
    }
    for var other in plain where dnnl_memory_desc_equal(asked, &other) != 0 { return nil }
    return PackedLayout(
      description: asked.pointee, byteCount: dnnl_memory_desc_get_size(asked))
  }

  private func pack(_ storage: Storage, _ operand: Operand, _ layout: PackedLayout) -> Storage {
    let result = Storage(byteCount: layout.byteCount)
    var (from, to) = (description(operand), layout.description)
    var made: dnnl_primitive_desc_t?
    Self.check(
      dnnl_reorder_primitive_desc_create(&made, &from, engine, &to, engine, nil), "reorder")
    var reorder: dnnl_primitive_t?
    Self.check(dnnl_primitive_create(&reorder, made), "reorder")
    dnnl_primitive_desc_destroy(made)
    let arguments = [
      argument(DNNL_ARG_FROM, &from, storage.pointer), argument(DNNL_ARG_TO, &to, result.pointer),
    ]
    omp_set_num_threads(1)
    Self.check(
      dnnl_primitive_execute(reorder, stream, Int32(arguments.count), arguments), "reorder")
    for argument in arguments { dnnl_memory_destroy(argument.memory) }
    dnnl_primitive_destroy(reorder)
    return result
  }
}
