import JEPATensor

#if MPI
  import COpenMPI
  import Foundation
  import JEPADistributed
  import JEPATensor

  /// All processes that `mpirun` or `srun` started (MPI_COMM_WORLD), exchanging bytes by Open MPI.
  ///
  /// MPI moves bytes only; sums are added here (`PartialSums`), so that their bits do not depend on the
  /// algorithm that MPI chooses. To be used from one thread at a time (MPI_THREAD_SERIALIZED), and from the
  /// main thread alone where MPI allows no other (MPI_THREAD_FUNNELED).
  public final class MPICommunicator: Communicator {
    public let rank: Int
    public let count: Int
    public let isUsableFromAnyThread: Bool

    /// Up to so many bytes of values, a sum is one exchange of all of them, which has the least latency.
    static let smallBytes = 8 << 10
    /// Sums of more bytes are cut, so that MPI's counts, 32-bit integers, never overflow.
    static let chunkBytes = 64 << 20

    /// Joins the others: MPI_Init_thread.
    ///
    /// - Throws: `CommunicatorError` where MPI cannot be started, or not beside the threads that this
    ///   program has.
    public init() throws {
      let wanted = Int32(MPI_THREAD_SERIALIZED)
      var provided: Int32 = 0
      try Self.check(MPI_Init_thread(nil, nil, wanted, &provided), "MPI_Init_thread")
      guard provided >= Int32(MPI_THREAD_FUNNELED) else {
        throw CommunicatorError(
          "this MPI supports no threads beside the one that calls it; use one built with thread support"
        )
      }
      isUsableFromAnyThread = provided >= wanted
      try Self.check(jk_mpi_return_errors(), "MPI_Comm_set_errhandler")
      var (rank, count): (Int32, Int32) = (0, 0)
      try Self.check(MPI_Comm_rank(jk_mpi_world(), &rank), "MPI_Comm_rank")
      try Self.check(MPI_Comm_size(jk_mpi_world(), &count), "MPI_Comm_size")
      (self.rank, self.count) = (Int(rank), Int(count))
    }

    /// Waits for the others and leaves MPI; nothing can be exchanged afterwards.
    public func finish() throws {
      try barrier()
      try Self.check(MPI_Finalize(), "MPI_Finalize")
    }

    /// Ends all processes at once, with that exit status.
    public func abort(status: Int32) { MPI_Abort(jk_mpi_world(), status) }

    // MARK: Exchanges

    public func sum(_ values: UnsafeMutableRawBufferPointer, of type: DType) throws {
      PartialSums.check(values, of: type)
      if count == 1 { return }
      var start = 0
      while start < values.count {
        let end = min(start + Self.chunkBytes, values.count)
        let chunk = UnsafeMutableRawBufferPointer(rebasing: values[start..<end])
        if chunk.count <= Self.smallBytes {
          try sumSmall(chunk, type)
        } else {
          try sumLarge(chunk, type)
        }
        start = end
      }
    }

    public func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) throws {
      require(0..<count ~= root, "broadcast: from rank \(root) of \(count)")
      var start = 0
      while start < bytes.count {
        let size = min(Self.chunkBytes, bytes.count - start)
        try exchange("MPI_Ibcast") { request in
          MPI_Ibcast(
            bytes.baseAddress.map { $0 + start }, Int32(size), jk_mpi_byte(), Int32(root),
            jk_mpi_world(), request)
        }
        start += size
      }
    }

    public func barrier() throws {
      try exchange("MPI_Ibarrier") { MPI_Ibarrier(jk_mpi_world(), $0) }
    }

    /// Everybody sends everything to everybody.
    private func sumSmall(_ values: UnsafeMutableRawBufferPointer, _ type: DType) throws {
      try withBuffers(of: [Int](repeating: values.count, count: count)) { all, buffers in
        try exchange("MPI_Iallgather") { request in
          MPI_Iallgather(
            values.baseAddress, Int32(values.count), jk_mpi_byte(), all.baseAddress,
            Int32(values.count), jk_mpi_byte(), jk_mpi_world(), request)
        }
        PartialSums.reduce(buffers, of: type)
        values.copyMemory(from: UnsafeRawBufferPointer(buffers[0]))
      }
    }

    /// Each adds one slice of the values and sends its sum to all: 2 (n − 1) / n of the bytes leave each of
    /// n ranks, as few as any sum needs.
    private func sumLarge(_ values: UnsafeMutableRawBufferPointer, _ type: DType) throws {
      let elements = values.count / type.byteSize
      let bounds = (0...count).map { $0 * elements / count * type.byteSize }
      let sizes = (0..<count).map { Int32(bounds[$0 + 1] - bounds[$0]) }
      let offsets = bounds.dropLast().map(Int32.init)
      let own = Int(sizes[rank])
      try withBuffers(of: [Int](repeating: own, count: count)) { all, buffers in
        let received = [Int32](repeating: Int32(own), count: count)
        let places = (0..<count).map { Int32($0 * own) }
        try exchange("MPI_Ialltoallv", sizes, offsets, received, places) { lists, request in
          MPI_Ialltoallv(
            values.baseAddress, lists[0], lists[1], jk_mpi_byte(), all.baseAddress, lists[2],
            lists[3], jk_mpi_byte(), jk_mpi_world(), request)
        }
        PartialSums.reduce(buffers, of: type)
        UnsafeMutableRawBufferPointer(rebasing: values[bounds[rank]..<bounds[rank + 1]])
          .copyMemory(from: UnsafeRawBufferPointer(buffers[0]))
      }
      try exchange("MPI_Iallgatherv", sizes, offsets) { lists, request in
        jk_mpi_gather_in_place(values.baseAddress, lists[0], lists[1], request)
      }
    }

    /// One block of memory, cut into buffers of `sizes`.
    private func withBuffers(
      of sizes: [Int],
      _ body: (UnsafeMutableRawBufferPointer, [UnsafeMutableRawBufferPointer]) throws -> Void
    ) throws {
      let all = UnsafeMutableRawBufferPointer.allocate(
        byteCount: sizes.reduce(0, +), alignment: 64)
      defer { all.deallocate() }
      var offset = 0
      let buffers = sizes.map { size in
        defer { offset += size }
        return UnsafeMutableRawBufferPointer(rebasing: all[offset..<offset + size])
      }
      try body(all, buffers)
    }

    // MARK: Waiting

    /// Starts an exchange and waits for its end. `lists` stay where they are until then.
    private func exchange(
      _ name: String, _ lists: [Int32]...,
      start: ([UnsafeMutablePointer<Int32>], UnsafeMutablePointer<MPI_Request?>) -> Int32
    ) throws {
      let kept = lists.map { list -> UnsafeMutableBufferPointer<Int32> in
        let copy = UnsafeMutableBufferPointer<Int32>.allocate(capacity: list.count)
        _ = copy.initialize(from: list)
        return copy
      }
      defer { for list in kept { list.deallocate() } }
      var request: MPI_Request?
      try Self.check(start(kept.compactMap(\.baseAddress), &request), name)
      try wait(&request, name)
    }

    private func exchange(
      _ name: String, start: (UnsafeMutablePointer<MPI_Request?>) -> Int32
    ) throws {
      var request: MPI_Request?
      try Self.check(start(&request), name)
      try wait(&request, name)
    }

    /// Looks without pause for 5 ms, then, as while rank 0 evaluates, ever more seldom, up to once a
    /// millisecond: MPI's own waiting would keep a core busy. Off the main thread, beside a backward pass
    /// that has use for the core, with pauses from the start.
    private func wait(_ request: inout MPI_Request?, _ name: String) throws {
      let begin = ContinuousClock.now
      let isAside = !Thread.isMainThread
      while true {
        var isDone: Int32 = 0
        try Self.check(jk_mpi_test(&request, &isDone), name)
        if isDone != 0 { return }
        let waited = ContinuousClock.now - begin
        if waited > .milliseconds(100) {
          usleep(1000)
        } else if isAside || waited > .milliseconds(5) {
          usleep(100)
        } else {
          sched_yield()
        }
      }
    }

    private static func check(_ code: Int32, _ function: String) throws {
      guard code != MPI_SUCCESS else { return }
      var text = [CChar](repeating: 0, count: Int(MPI_MAX_ERROR_STRING) + 1)
      var length: Int32 = 0
      MPI_Error_string(code, &text, &length)
      let bytes = text.prefix(Int(length)).map { UInt8(bitPattern: $0) }
      throw CommunicatorError("\(function): \(String(decoding: bytes, as: UTF8.self))")
    }
  }
#endif
