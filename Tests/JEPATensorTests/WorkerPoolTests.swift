import Foundation
import JEPATensor
import Testing

@Suite struct WorkerPoolTests {
  /// Two bodies that wait for each other run at the same time, in each of several loops.
  @Test func bodiesRunAtTheSameTime() {
    for _ in 0..<50 {
      let group = DispatchGroup()
      for _ in 0..<2 { group.enter() }
      _ = parallelMap(2, threads: 2) { _ in
        group.leave()
        group.wait()
      }
    }
  }

  /// Many loops at once share the threads, and each comes to its end.
  @Test func loopsOfManyThreadsShareThem() throws {
    let results = Lock<[Int: Int]>([:])
    let group = DispatchGroup()
    for caller in 0..<8 {
      group.enter()
      try WorkerThread.start(name: "caller \(caller)") {
        let sums = (0..<100).map { round in
          parallelMap(16, threads: 4) { $0 * round * caller }.reduce(0, +)
        }
        results.withLock { $0[caller] = sums.reduce(0, +) }
        group.leave()
      }
    }
    group.wait()
    #expect(
      results.withLock { $0 }
        == Dictionary(uniqueKeysWithValues: (0..<8).map { ($0, 120 * 4950 * $0) }))
  }

  @Test func aThreadRunsItsBodyAndHasItsName() throws {
    let name = Lock<String?>(nil)
    let done = DispatchSemaphore(value: 0)
    try WorkerThread.start(name: "a name") {
      name.withLock { $0 = Thread.current.name }
      done.signal()
    }
    done.wait()
    #expect(name.withLock { $0 } == "a name")
  }
}
