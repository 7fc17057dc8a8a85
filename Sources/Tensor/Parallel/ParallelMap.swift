import Foundation
import Synchronization

/// How many threads the package's own parallel loops use.
public enum Parallelism {
  private static let chosen = Atomic<Int>(0)
  @TaskLocal fileprivate static var scoped: Int?

  /// The number of threads; unless set, as many as ``ProcessorCount/available``.
  public static var threads: Int {
    get {
      if let scoped { return scoped }
      let value = chosen.load(ordering: .relaxed)
      return value > 0 ? value : ProcessorCount.available.count
    }
    set { chosen.store(max(1, newValue), ordering: .relaxed) }
  }

  /// What keeps the number of threads below that of the processors, where nobody has set it.
  public static var limit: String? {
    chosen.load(ordering: .relaxed) > 0 ? nil : ProcessorCount.available.limit
  }

  /// Runs `body` with that number of threads for the loops it starts and for those that they start;
  /// nobody else is affected.
  public static func withThreads<R>(_ count: Int, _ body: () throws -> R) rethrows -> R {
    try $scoped.withValue(max(1, count)) { try body() }
  }

  /// A worker thread takes over the scope of the loop that it works for.
  fileprivate static func inScope(_ count: Int?, _ body: () -> Void) {
    if let count { $scoped.withValue(count, operation: body) } else { body() }
  }
}

/// `body(0), …, body(count − 1)` on up to `threads` threads, in the order of the indices.
///
/// This is the package's only pool: kernels are single-threaded, and work is split into independent
/// parts (shards of a batch, blocks of queries) above them. A result depends on the parts, not on how
/// many threads took them, which may be fewer where the system has no more.
public func parallelMap<T: Sendable, Failure: Error>(
  _ count: Int, threads: Int? = nil, _ body: @Sendable (Int) throws(Failure) -> T
) throws(Failure) -> [T] {
  let width = min(threads ?? Parallelism.threads, count)
  if width <= 1 {
    var results: [T] = []
    for index in 0..<count { results.append(try body(index)) }
    return results
  }
  let results = Lock<[Result<T, Failure>?]>(Array(repeating: nil, count: count))
  let next = Atomic<Int>(0)
  let scope = Parallelism.scoped
  WorkerPool.shared.run(width: width) {
    Parallelism.inScope(scope) {
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        if index >= count { return }
        let result: Result<T, Failure>
        do throws(Failure) { result = .success(try body(index)) } catch { result = .failure(error) }
        results.withLock { $0[index] = result }
      }
    }
  }
  var values: [T] = []
  for result in results.withLock({ $0 }) {
    if let result { values.append(try result.get()) }
  }
  return values
}
