import Foundation

/// A tensor's bytes. Tensors share a storage until one of them is written to.
final class Storage: @unchecked Sendable {
  let pointer: UnsafeMutableRawPointer
  let byteCount: Int
  private let capacity: Int
  private let copies = Lock<[OneDNN.Operand: Storage]>([:])

  /// Uninitialised bytes.
  init(byteCount: Int) {
    self.byteCount = byteCount
    (pointer, capacity) = StorageAllocator.shared.allocate(atLeast: byteCount)
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

/// Keeps released blocks for the next request of the same size class.
///
/// A training step asks for the same sizes again and again, and on Linux fresh pages for multi-megabyte
/// activations cost more than the arithmetic on them. Classes are an eighth of an octave apart; packed
/// batches differ a little in size from step to step, so a block of the next few classes serves too.
/// Blocks kept and blocks in use together stay under 1¼ times the most that was ever in use at once.
public final class StorageAllocator: Sendable {
  public static let shared = StorageAllocator()

  private struct State: ~Copyable {
    /// Addresses of kept blocks by capacity.
    var free: [Int: [UInt]] = [:]
    var bytesFree = 0
    var bytesInUse = 0
    var peakBytesInUse = 0

    mutating func take(_ capacity: Int) {
      bytesInUse += capacity
      peakBytesInUse = max(peakBytesInUse, bytesInUse)
    }
  }

  private let state = Lock(State())

  package init() {}

  /// Bytes that tensors hold now.
  public var bytesInUse: Int { state.withLock { $0.bytesInUse } }

  /// Bytes of released blocks kept for the next request.
  public var bytesKept: Int { state.withLock { $0.bytesFree } }

  /// The most bytes that tensors held at once.
  public var peakBytesInUse: Int { state.withLock { $0.peakBytesInUse } }

  /// Gives the kept blocks back to the system.
  public func trim() { state.withLock { Self.trim(&$0, to: 0) } }

  package static func capacity(for byteCount: Int) -> Int {
    let bytes = max(byteCount, 64)
    if bytes <= 512 { return (bytes + 63) & ~63 }
    let octave = 1 << (Int.bitWidth - 1 - (bytes - 1).leadingZeroBitCount)
    let step = octave / 8
    return (bytes + step - 1) / step * step
  }

  /// A block of one class exactly.
  package func allocate(_ capacity: Int) -> UnsafeMutableRawPointer {
    allocate(classes: [capacity]).0
  }

  /// A block that holds `byteCount` bytes, and its capacity: at most three classes above the smallest
  /// that would do.
  package func allocate(atLeast byteCount: Int) -> (UnsafeMutableRawPointer, Int) {
    var classes = [Self.capacity(for: byteCount)]
    for _ in 0..<3 { classes.append(Self.capacity(for: classes[classes.count - 1] + 1)) }
    return allocate(classes: classes)
  }

  private func allocate(classes: [Int]) -> (UnsafeMutableRawPointer, Int) {
    let (kept, capacity) = state.withLock { state -> (UInt?, Int) in
      for capacity in classes {
        guard let address = state.free[capacity]?.popLast() else { continue }
        state.bytesFree -= capacity
        state.take(capacity)
        return (address, capacity)
      }
      state.take(classes[0])
      Self.trim(&state, to: max(0, state.peakBytesInUse / 4 * 5 - state.bytesInUse))
      return (nil, classes[0])
    }
    let block = kept.flatMap { UnsafeMutableRawPointer(bitPattern: $0) }
    return (block ?? SystemMemory.take(capacity), capacity)
  }

  package func release(_ pointer: UnsafeMutableRawPointer, _ capacity: Int) {
    let address = UInt(bitPattern: pointer)
    state.withLock { state in
      state.bytesInUse -= capacity
      state.bytesFree += capacity
      state.free[capacity, default: []].append(address)
    }
  }

  private static func trim(_ state: inout State, to limit: Int) {
    while state.bytesFree > limit {
      guard let largest = state.free.lazy.filter({ !$0.value.isEmpty }).map(\.key).max(),
        let address = state.free[largest]?.popLast()
      else { return }
      SystemMemory.giveBack(address, largest)
      state.bytesFree -= largest
    }
  }
}

/// Blocks from the system: large ones mapped apart, so that giving one back frees it at once and it may
/// lie on huge pages; small ones from the heap.
private enum SystemMemory {
  static let mappedFrom = 1 << 20

  static func take(_ capacity: Int) -> UnsafeMutableRawPointer {
    if capacity >= mappedFrom,
      let block = mmap(
        nil, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      block != MAP_FAILED
    {
      #if os(Linux)
        madvise(block, capacity, MADV_HUGEPAGE)
      #endif
      return block
    }
    precondition(capacity < mappedFrom, "Tensor: no memory for \(capacity) bytes")
    return UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 64)
  }

  static func giveBack(_ address: UInt, _ capacity: Int) {
    guard let block = UnsafeMutableRawPointer(bitPattern: address) else { return }
    if capacity >= mappedFrom { munmap(block, capacity) } else { block.deallocate() }
  }
}
