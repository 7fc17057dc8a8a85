import Foundation

/// Keeps released blocks for later requests.
///
/// A training step asks for nearly the same sizes again and again, and on Linux fresh pages for
/// multi-megabyte activations cost more than the arithmetic on them. Small blocks are kept by size class,
/// an eighth of an octave apart. Large ones are cut from mapped regions, each from the first free place
/// that is long enough, and free neighbours join: packed batches differ a little in size from step to step,
/// and yet need hardly more memory than is in use at once. Blocks in use and pages kept together stay under
/// 1¼ times the most that was ever in use at once.
public final class StorageAllocator: Sendable {
  public static let shared = StorageAllocator()

  /// What memory is given back in; the system's, 4 KiB or more.
  private static let page = max(4 << 10, sysconf(Int32(_SC_PAGESIZE)))
  /// Blocks of more bytes, at least 32 KiB, are cut from regions in pages.
  private static let largeFrom = 8 * page

  private struct State: ~Copyable {
    /// Addresses of kept small blocks by capacity.
    var small: [Int: [UInt]] = [:]
    var smallBytes = 0
    var large = FreeRanges()
    var bytesInUse = 0
    var peakBytesInUse = 0

    var bytesKept: Int { smallBytes + large.bytesHeld }
  }

  private let state = Lock(State())

  package init() {}

  /// Bytes that tensors hold now.
  public var bytesInUse: Int { state.withLock { $0.bytesInUse } }

  /// Bytes of memory kept for later requests.
  public var bytesKept: Int { state.withLock { $0.bytesKept } }

  /// The most bytes that tensors held at once.
  public var peakBytesInUse: Int { state.withLock { $0.peakBytesInUse } }

  /// Gives what is kept back to the system.
  public func trim() { state.withLock { Self.trim(&$0, to: 0) } }

  /// The size of the block for `byteCount` bytes.
  package static func capacity(for byteCount: Int) -> Int {
    let bytes = max(byteCount, 64)
    if bytes <= 512 { return (bytes + 63) & ~63 }
    if bytes > largeFrom { return (bytes + page - 1) / page * page }
    let octave = 1 << (Int.bitWidth - 1 - (bytes - 1).leadingZeroBitCount)
    let step = octave / 8
    return (bytes + step - 1) / step * step
  }

  /// A block of `capacity` bytes, which is of those that ``capacity(for:)`` gives.
  package func allocate(_ capacity: Int) -> UnsafeMutableRawPointer {
    state.withLock { state in
      state.bytesInUse += capacity
      state.peakBytesInUse = max(state.peakBytesInUse, state.bytesInUse)
      if capacity <= Self.largeFrom {
        if let address = state.small[capacity]?.popLast(),
          let block = UnsafeMutableRawPointer(bitPattern: address)
        {
          state.smallBytes -= capacity
          return block
        }
        Self.trim(&state)
        return Self.smallBlock(capacity, &state)
      }
      while true {
        if let place = state.large.take(capacity),
          let block = UnsafeMutableRawPointer(bitPattern: place.start)
        {
          if place.needsPages { Self.trim(&state) }
          return block
        }
        let region = Self.region(atLeast: capacity, state)
        state.large.put(region.start, region.count, holdsPages: false)
      }
    }
  }

  package func release(_ pointer: UnsafeMutableRawPointer, _ capacity: Int) {
    let address = UInt(bitPattern: pointer)
    state.withLock { state in
      state.bytesInUse -= capacity
      if capacity <= Self.largeFrom {
        state.small[capacity, default: []].append(address)
        state.smallBytes += capacity
      } else {
        state.large.put(address, capacity, holdsPages: true)
      }
    }
  }

  /// A block of its own from the system, to which the small blocks that are kept go back where it has none.
  private static func smallBlock(_ capacity: Int, _ state: inout State) -> UnsafeMutableRawPointer {
    var block: UnsafeMutableRawPointer?
    for _ in 0..<2 {
      if posix_memalign(&block, 64, capacity) == 0, let block { return block }
      // Pages of the large ones would not help: it lacks addresses, not pages.
      for address in state.small.values.joined() {
        free(UnsafeMutableRawPointer(bitPattern: address))
      }
      (state.small, state.smallBytes) = ([:], 0)
    }
    fail(capacity, inUse: state.bytesInUse, code: ENOMEM)
  }

  private static func region(
    atLeast capacity: Int, _ state: borrowing State
  ) -> (start: UInt, count: Int) {
    // Less than usual where the system has no more, and in the end no more than is needed.
    var size = max(capacity, MappedRegion.least)
    while true {
      if let region = MappedRegion.map(atLeast: size) { return region }
      if size == capacity { fail(capacity, inUse: state.bytesInUse, code: errno) }
      size = max(capacity, size / 2)
    }
  }

  private static func fail(_ capacity: Int, inUse: Int, code: Int32) -> Never {
    OutOfMemory.end(capacity, for: "a tensor", holding: inUse - capacity, code: code)
  }

  private static func trim(_ state: inout State) {
    trim(&state, to: max(0, state.peakBytesInUse / 4 * 5 - state.bytesInUse))
  }

  private static func trim(_ state: inout State, to limit: Int) {
    while state.bytesKept > limit {
      let excess = state.bytesKept - limit
      if let range = state.large.dropLongest(atMost: MappedRegion.rounded(excess)) {
        MappedRegion.giveBackPages(range.start, range.count)
      } else if let capacity = state.small.lazy.filter({ !$0.value.isEmpty }).map(\.key).max(),
        let address = state.small[capacity]?.popLast()
      {
        free(UnsafeMutableRawPointer(bitPattern: address))
        state.smallBytes -= capacity
      } else {
        return
      }
    }
  }
}

/// Addresses from the system, on huge pages where it has them. They are kept for ever; pages come as they
/// are first written to and can be given back.
private enum MappedRegion {
  private static let hugePage = 2 << 20
  /// What is mapped at once where there is room.
  static let least = 64 << 20

  /// - Returns: nil where the system has no such addresses, with its code in `errno`.
  static func map(atLeast byteCount: Int) -> (start: UInt, count: Int)? {
    let count = rounded(byteCount)
    let block = mmap(
      nil, count + hugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let block, block != MAP_FAILED else { return nil }
    let mask = UInt(hugePage - 1)
    let start = (UInt(bitPattern: block) + mask) & ~mask
    #if os(Linux)
      madvise(UnsafeMutableRawPointer(bitPattern: start), count, MADV_HUGEPAGE)
    #endif
    return (start, count)
  }

  /// To whole huge pages.
  static func rounded(_ byteCount: Int) -> Int {
    (byteCount + hugePage - 1) / hugePage * hugePage
  }

  static func giveBackPages(_ start: UInt, _ count: Int) {
    #if os(Linux)
      madvise(UnsafeMutableRawPointer(bitPattern: start), count, MADV_DONTNEED)
    #else
      madvise(UnsafeMutableRawPointer(bitPattern: start), count, MADV_FREE)
    #endif
  }
}
