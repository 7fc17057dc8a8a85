/// A tensor's bytes. Tensors share a storage until one of them is written to.
final class Storage: @unchecked Sendable {
  let pointer: UnsafeMutableRawPointer
  let byteCount: Int
  private let capacity: Int
  private let copies = Lock<[OneDNN.Operand: Storage]>([:])

  /// Uninitialised bytes.
  init(byteCount: Int) {
    self.byteCount = byteCount
    capacity = StorageAllocator.capacity(for: byteCount)
    pointer = StorageAllocator.shared.allocate(capacity)
  }

  deinit { StorageAllocator.shared.release(pointer, capacity) }

  /// These bytes in another order, made once for each `operand` they are read as, and kept until they
  /// are written to.
  func prepared(_ operand: OneDNN.Operand, _ make: () -> Storage) -> Storage {
    copies.withLock { copies in
      if let found = copies[operand] { return found }
      let made = make()
      copies[operand] = made
      return made
    }
  }

  /// To be called before the bytes are written to.
  func forgetPrepared() { copies.withLock { if !$0.isEmpty { $0 = [:] } } }

  func copy() -> Storage {
    let other = Storage(byteCount: byteCount)
    other.pointer.copyMemory(from: pointer, byteCount: byteCount)
    return other
  }
}
