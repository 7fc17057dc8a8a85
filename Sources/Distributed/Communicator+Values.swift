import Foundation
import JEPATensor

extension Communicator {
  /// The sums over ranks of the values at each place.
  public func sum(_ values: [Double]) throws -> [Double] {
    if count == 1 { return values }
    var values = values
    try values.withUnsafeMutableBytes { try sum($0, of: .float64) }
    return values
  }

  /// Every rank's values, by rank; as many on each.
  public func gather(_ values: [Double]) throws -> [[Double]] {
    if count == 1 { return [values] }
    var slots = [Double](repeating: 0, count: count * values.count)
    slots.replaceSubrange(rank * values.count..<(rank + 1) * values.count, with: values)
    let all = try sum(slots)
    return (0..<count).map { Array(all[$0 * values.count..<($0 + 1) * values.count]) }
  }

  /// Whether `flag` is true on any rank.
  public func any(_ flag: Bool) throws -> Bool {
    count == 1 ? flag : try sum([flag ? 1 : 0])[0] > 0
  }

  /// Replaces the tensor's values by those of rank 0, which has the same shape.
  public func broadcast(_ tensor: inout Tensor) throws {
    if count == 1 { return }
    try tensor.withUnsafeMutableBytes { try broadcast($0, from: 0) }
  }

  /// Replaces every tensor of a module by that of rank 0.
  public func broadcast<M: Module>(_ module: inout M) throws {
    if count == 1 { return }
    var failure: (any Error)?
    module.forEachParameter { _, tensor, _ in
      guard failure == nil else { return }
      do { try broadcast(&tensor) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Does `body` on rank 0 alone and gives its result to all.
  ///
  /// - Throws: ``JointFailure`` where `body` throws; a process alone throws what `body` throws.
  public func shared<Value: Codable>(_ body: () throws -> Value) throws -> Value {
    if count == 1 { return try body() }
    let value = try together { rank == 0 ? try body() : nil }
    var bytes: [UInt8] = []
    if let value {
      let encoder = PropertyListEncoder()
      encoder.outputFormat = .binary
      bytes = Array(try encoder.encode([value]))
    }
    var length = [rank == 0 ? Double(bytes.count) : 0]
    length = try sum(length)
    if rank > 0 { bytes = [UInt8](repeating: 0, count: Int(length[0])) }
    try bytes.withUnsafeMutableBytes { try broadcast($0, from: 0) }
    if let value { return value }
    return try PropertyListDecoder().decode([Value].self, from: Data(bytes))[0]
  }

  /// Does `body` on every rank, and goes on where it succeeded on all. `body` must not communicate.
  ///
  /// - Throws: ``JointFailure`` on every rank where `body` threw on any: none waits for another that has given
  ///   up. A process alone throws what `body` throws.
  public func together<Result>(_ body: () throws -> Result) throws -> Result {
    if count == 1 { return try body() }
    let outcome: Swift.Result<Result, any Error> = .init(catching: body)
    var failure: (any Error)?
    if case .failure(let error) = outcome { failure = error }
    let failures = try gather([failure == nil ? 0 : 1])
    guard let first = failures.firstIndex(of: [1]) else { return try outcome.get() }
    throw JointFailure(rank: first, cause: first == rank ? failure : nil)
  }
}
