import JEPATestSupport
import Testing

import JEPATensor

@Suite struct StorageAllocatorTests {
  @Test func classesWasteAnEighthAtMost() {
    for byteCount in Array(0...5000) + [1 << 20, (1 << 20) + 1, 3_000_001, (1 << 30) - 1] {
      let capacity = StorageAllocator.capacity(for: byteCount)
      #expect(capacity >= byteCount && capacity % 64 == 0, "\(byteCount) → \(capacity)")
      #expect(capacity <= max(64, byteCount + max(63, byteCount / 8)), "\(byteCount) → \(capacity)")
      #expect(StorageAllocator.capacity(for: capacity) == capacity)
    }
  }

  @Test func releasedBlocksAreUsedAgain() {
    let allocator = StorageAllocator()
    let capacity = StorageAllocator.capacity(for: 1_000_000)
    let first = allocator.allocate(capacity)
    #expect(UInt(bitPattern: first) % 64 == 0)
    allocator.release(first, capacity)
    #expect(allocator.bytesKept == capacity)
    let second = allocator.allocate(capacity)
    #expect(first == second)
    #expect(allocator.bytesKept == 0)
    let third = allocator.allocate(capacity)
    #expect(third != second)
    allocator.release(second, capacity)
    allocator.release(third, capacity)
    allocator.trim()
    #expect(allocator.bytesKept == 0)
  }

  @Test func aFreedPlaceServesSmallerBlocksToo() {
    let allocator = StorageAllocator()
    let (whole, part) = (
      StorageAllocator.capacity(for: 8 << 20), StorageAllocator.capacity(for: 1 << 20)
    )
    let first = allocator.allocate(whole)
    allocator.release(first, whole)
    let parts = (0..<8).map { _ in allocator.allocate(part) }
    #expect(parts == (0..<8).map { first + $0 * part })
    #expect(allocator.bytesKept == 0 && allocator.peakBytesInUse == whole)
    for block in parts.shuffled() { allocator.release(block, part) }
    #expect(allocator.allocate(whole) == first)
    allocator.release(first, whole)
    allocator.trim()
  }

  @Test func blocksLargerThanARegionAreWritable() {
    let allocator = StorageAllocator()
    let capacity = StorageAllocator.capacity(for: 100 << 20)
    let block = allocator.allocate(capacity)
    for offset in stride(from: 0, to: capacity, by: 1 << 20) {
      block.storeBytes(of: offset, toByteOffset: offset, as: Int.self)
    }
    block.storeBytes(of: 7, toByteOffset: capacity - 1, as: UInt8.self)
    #expect(block.load(fromByteOffset: 99 << 20, as: Int.self) == 99 << 20)
    allocator.release(block, capacity)
    allocator.trim()
    #expect(allocator.bytesKept == 0)
    // Given back, the pages come again as zeros.
    let again = allocator.allocate(capacity)
    #expect(again == block && again.load(fromByteOffset: 99 << 20, as: Int.self) == 0)
    allocator.release(again, capacity)
    allocator.trim()
  }

  @Test func peakIsTheMostInUseAtOnce() {
    let allocator = StorageAllocator()
    let blocks = (0..<3).map { _ in allocator.allocate(1024) }
    #expect(allocator.bytesInUse == 3072 && allocator.peakBytesInUse == 3072)
    for block in blocks { allocator.release(block, 1024) }
    #expect(allocator.bytesInUse == 0 && allocator.peakBytesInUse == 3072)
    let large = allocator.allocate(2048)
    #expect(allocator.bytesInUse == 2048 && allocator.peakBytesInUse == 3072)
    allocator.release(large, 2048)
    allocator.trim()
  }

  @Test func varyingSizesDoNotPileUp() {
    let allocator = StorageAllocator()
    var random = RandomSource(seed: 1)
    var held: [(UnsafeMutableRawPointer, Int)] = []
    for _ in 0..<20_000 {
      if held.count > 20 {
        let (pointer, capacity) = held.remove(at: random.integer(below: held.count))
        allocator.release(pointer, capacity)
      }
      let capacity = StorageAllocator.capacity(
        for: 64 << random.integer(below: 14) + random.integer(below: 64))
      held.append((allocator.allocate(capacity), capacity))
      #expect(
        allocator.bytesInUse + allocator.bytesKept <= allocator.peakBytesInUse / 4 * 5 + capacity)
    }
    #expect(allocator.bytesInUse == held.reduce(0) { $0 + $1.1 })
    for (pointer, capacity) in held { allocator.release(pointer, capacity) }
    allocator.trim()
    #expect(allocator.bytesInUse == 0 && allocator.bytesKept == 0)
  }

  @Test func threadsShareIt() {
    let allocator = StorageAllocator()
    _ = parallelMap(8, threads: 8) { seed in
      var random = RandomSource(seed: UInt64(seed))
      var held: [(UnsafeMutableRawPointer, Int)] = []
      for step in 0..<2000 {
        let capacity = StorageAllocator.capacity(for: random.integer(below: 100_000))
        let pointer = allocator.allocate(capacity)
        pointer.storeBytes(of: step, as: Int.self)
        held.append((pointer, capacity))
        if held.count > 10 {
          let (old, size) = held.removeFirst()
          #expect(old.load(as: Int.self) == step - 10)
          allocator.release(old, size)
        }
      }
      for (pointer, size) in held { allocator.release(pointer, size) }
    }
    #expect(allocator.bytesInUse == 0)
    allocator.trim()
  }
}
