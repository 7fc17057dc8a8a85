import COneDNN

extension OneDNN {
  /// A compiled product. Several threads may execute it at once.
  ///
  /// oneDNN wants an object around each operand. Making those costs as much as a small product, so each
  /// set of them is used again, for other addresses.
  final class Primitive: @unchecked Sendable {
    private let handle: dnnl_primitive_t?
    private let engine: dnnl_engine_t?
    private let operands: [(kind: Int32, description: dnnl_memory_desc_t)]
    private let scratchpadBytes: Int
    private let idle = Lock<[Arguments]>([])

    private struct Arguments: @unchecked Sendable {
      var list: [dnnl_exec_arg_t]
    }

    /// - Parameter operands: A, B, C, the bias where there is one, and the scratchpad where it has bytes.
    init(
      handle: dnnl_primitive_t?, engine: dnnl_engine_t?,
      operands: [(kind: Int32, description: dnnl_memory_desc_t)], scratchpadBytes: Int
    ) {
      self.handle = handle
      self.engine = engine
      self.operands = operands
      self.scratchpadBytes = scratchpadBytes
    }

    /// - Parameter addresses: of the operands, in their order, without the scratchpad.
    func execute(_ addresses: [UnsafeMutableRawPointer?], on stream: dnnl_stream_t?) {
      let arguments = idle.withLock { $0.popLast() } ?? makeArguments()
      let scratchpad = scratchpadBytes > 0 ? Storage(byteCount: scratchpadBytes) : nil
      for (index, argument) in arguments.list.enumerated() {
        let address = index < addresses.count ? addresses[index] : scratchpad?.pointer
        OneDNN.check(dnnl_memory_set_data_handle(argument.memory, address), "operand \(index)")
      }
      OneDNN.check(
        dnnl_primitive_execute(handle, stream, Int32(arguments.list.count), arguments.list),
        "matrix product")
      withExtendedLifetime(scratchpad) {}
      idle.withLock { $0.append(arguments) }
    }

    private func makeArguments() -> Arguments {
      Arguments(
        list: operands.map { operand in
          var memory: dnnl_memory_t?
          var description = operand.description
          OneDNN.check(dnnl_memory_create(&memory, &description, engine, nil), "memory")
          return dnnl_exec_arg_t(arg: operand.kind, memory: memory)
        })
    }
  }
}
