import JEPATensor

/// The processes that train one model together, as one of them sees it.
///
/// Every call is collective: all processes must make the same calls in the same order, and each waits for
/// the others as far as it needs their bytes. To be called from one thread at a time.
public protocol Communicator: Sendable {
  /// This process's number, from 0.
  var rank: Int { get }
  /// The number of processes.
  var count: Int { get }
  /// Whether calls may come from one thread now and another later, and not from the first alone.
  var isUsableFromAnyThread: Bool { get }

  /// Replaces `values` by their sum over ranks: the same bits on every rank, added as a balanced tree over
  /// the ranks' order, whatever the network does.
  ///
  /// - Parameter type: float32 or float64.
  /// - Throws: ``CommunicatorError``.
  func sum(_ values: UnsafeMutableRawBufferPointer, of type: DType) throws

  /// Replaces `bytes` by those of rank `root`.
  /// - Throws: ``CommunicatorError``.
  func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) throws

  /// Returns once every rank has called it.
  /// - Throws: ``CommunicatorError``.
  func barrier() throws
}

/// A process alone.
public struct SingleProcess: Communicator {
  public var rank: Int { 0 }
  public var count: Int { 1 }
  public var isUsableFromAnyThread: Bool { true }

  public init() {}

  public func sum(_ values: UnsafeMutableRawBufferPointer, of type: DType) {
    PartialSums.check(values, of: type)
  }

  public func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {
    require(root == 0, "SingleProcess.broadcast: from rank \(root) of 1")
  }

  public func barrier() {}
}

/// Why processes could not exchange what they had to.
public struct CommunicatorError: Error, Equatable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}

/// Something that all processes did together failed on one of them, and ended on all.
public struct JointFailure: Error, CustomStringConvertible {
  /// The first process where it failed.
  public let rank: Int
  /// What happened, on that process; nil on the others, which leave the telling to it.
  public let cause: (any Error)?

  public init(rank: Int, cause: (any Error)?) {
    self.rank = rank
    self.cause = cause
  }

  public var description: String {
    cause.map { "\($0)" } ?? "process \(rank) failed, and says why"
  }
}
