import Foundation
import JEPADistributed
import JEPATensor

/// Ranks that are threads of this process: what processes exchange, without any launcher.
public final class ThreadRanks: @unchecked Sendable {
  private let count: Int
  private let condition = NSCondition()
  private var slots: [[UInt8]]
  private var arrived = 0
  private var generation = 0

  private init(count: Int) {
    self.count = count
    slots = Array(repeating: [], count: count)
  }

  /// Runs `body` as each of `count` ranks, at the same time.
  /// - Returns: what it gave, by rank.
  public static func run<Result: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (any Communicator) throws -> Result
  ) throws -> [Result] {
    let ranks = ThreadRanks(count: count)
    let results = Lock<[Swift.Result<Result, any Error>?]>(Array(repeating: nil, count: count))
    let group = DispatchGroup()
    for rank in 0..<count {
      group.enter()
      // Threads of their own: a pool might have fewer than there are ranks, which wait for each other.
      Thread {
        let result = Swift.Result { try body(Member(ranks: ranks, rank: rank)) }
        results.withLock { $0[rank] = result }
        group.leave()
      }.start()
    }
    group.wait()
    return try results.withLock { $0 }.compactMap { try $0?.get() }
  }

  /// Leaves bytes for all and takes everybody's.
  private func exchange(_ bytes: [UInt8], rank: Int) -> [[UInt8]] {
    condition.withLock {
      slots[rank] = bytes
      meet()
      let all = slots
      meet()
      return all
    }
  }

  /// Waits, with the lock, until all are here.
  private func meet() {
    arrived += 1
    if arrived == count {
      arrived = 0
      generation += 1
      condition.broadcast()
      return
    }
    let mine = generation
    while generation == mine { condition.wait() }
  }

  private struct Member: Communicator {
    let ranks: ThreadRanks
    let rank: Int
    var count: Int { ranks.count }
    var isUsableFromAnyThread: Bool { true }

    func sum(_ values: UnsafeMutableRawBufferPointer, of type: DType) {
      var all = ranks.exchange(Array(values), rank: rank)
      let buffers = all.indices.map { index -> UnsafeMutableRawBufferPointer in
        let buffer = UnsafeMutableRawBufferPointer.allocate(
          byteCount: values.count, alignment: 64)
        all[index].withUnsafeMutableBytes { buffer.copyMemory(from: UnsafeRawBufferPointer($0)) }
        return buffer
      }
      PartialSums.reduce(buffers, of: type)
      values.copyMemory(from: UnsafeRawBufferPointer(buffers[0]))
      for buffer in buffers { buffer.deallocate() }
    }

    func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {
      bytes.copyBytes(from: ranks.exchange(Array(bytes), rank: rank)[root])
    }

    func barrier() { _ = ranks.exchange([], rank: rank) }
  }
}
