import Foundation
import JEPATensor

/// The sum of all ranks' gradients, exchanged while the backward pass still computes others.
///
/// Buckets are exchanged in the same order on every rank, each as soon as all its gradients are there: by a
/// thread of its own where the communicator may be used from one and the system has one, and else at the end. Until ``finish()``
/// returns, which must be called, once, nothing else may be exchanged.
public final class GradientExchange: @unchecked Sendable {
  /// How many bytes are exchanged at once unless told otherwise: 2 MiB.
  public static var bucketBytes: Int { 2 << 20 }

  private let names: [String]
  private let parameters: [(shape: [Int], dtype: DType)]
  private let communicator: any Communicator
  private let buckets: [GradientBuckets.Bucket]
  private let buffers: [UnsafeMutableRawBufferPointer]
  /// Of each parameter, its bucket and the place of its gradient in it. Whoever brings a gradient writes to
  /// that place alone, which makes it safe to share this among threads.
  private let places: [(bucket: Int, bytes: UnsafeMutableRawBufferPointer)]
  private let isPresent: Lock<[Bool]>
  /// Of each bucket, the gradients that are not there yet.
  private let missing: [DispatchGroup]
  private let outcome = Lock<Result<Void, any Error>?>(nil)
  private let ended = DispatchSemaphore(value: 0)
  /// Whether a thread of its own exchanges; set once, by `init`.
  private var hasThread = false

  /// - Parameters:
  ///   - module: whose gradients they are, the same on every rank.
  ///   - bucketBytes: a bucket ends with the gradient that fills it.
  public init<M: Module>(
    of module: M, over communicator: any Communicator,
    bucketBytes: Int = GradientExchange.bucketBytes
  ) {
    let named = Dictionary(uniqueKeysWithValues: module.namedParameters())
    names = module.trainedNames()
    // Shapes only: whoever held the tensors would have the optimiser copy them.
    let trained = names.compactMap { named[$0] }
    parameters = trained.map { ($0.shape, $0.dtype) }
    self.communicator = communicator
    buckets = GradientBuckets(trained, bytes: bucketBytes).buckets
    buffers = buckets.map { bucket in
      // Zeros, which is what a gradient counts as that no shard of this rank brings.
      let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: bucket.bytes, alignment: 64)
      buffer.initializeMemory(as: UInt8.self, repeating: 0)
      return buffer
    }
    var places: [Int: (bucket: Int, bytes: UnsafeMutableRawBufferPointer)] = [:]
    for (number, bucket) in buckets.enumerated() {
      for (index, offset) in zip(bucket.indices, bucket.offsets) {
        let end = offset + trained[index].count * bucket.dtype.byteSize
        places[index] = (number, .init(rebasing: buffers[number][offset..<end]))
      }
    }
    self.places = names.indices.compactMap { places[$0] }
    isPresent = Lock(names.map { _ in false })
    missing = buckets.map { bucket in
      let group = DispatchGroup()
      for _ in bucket.indices { group.enter() }
      return group
    }
    if communicator.isUsableFromAnyThread {
      // Ranks without a thread of their own exchange the same buckets in the same order, only later.
      let started: Void? = try? WorkerThread.start(name: "GradientExchange") { [self] in exchange()
      }
      hasThread = started != nil
    }
  }

  deinit { for buffer in buffers { buffer.deallocate() } }

  /// Brings this rank's gradient of one parameter, by its place in `module.trainedNames()`; from any thread.
  public func add(_ gradient: Tensor, at index: Int) {
    let (bucket, bytes) = places[index]
    require(
      gradient.shape == parameters[index].shape,
      "GradientExchange: \(gradient.shape) for \(names[index]) of \(parameters[index].shape)")
    gradient.cast(to: parameters[index].dtype).withUnsafeBytes { bytes.copyMemory(from: $0) }
    let isFirst = isPresent.withLock { present in
      defer { present[index] = true }
      return !present[index]
    }
    require(isFirst, "GradientExchange: \(names[index]) twice")
    missing[bucket].leave()
  }

  /// ``add(_:at:)``, as what a ``GradientSum`` hands its sums to.
  public var handOver: @Sendable (Int, Tensor) -> Void { { self.add($1, at: $0) } }

  /// Waits for the exchange of all buckets.
  ///
  /// - Returns: the sums, the same bits on each rank; nil for parameters of which no rank brought any.
  /// - Throws: `CommunicatorError`.
  public func finish() throws -> Gradients {
    let present = isPresent.withLock { $0 }
    for index in names.indices where !present[index] { missing[places[index].bucket].leave() }
    if !hasThread { exchange() }
    ended.wait()
    try outcome.withLock { $0 }?.get()
    let presence = try communicator.sum(present.map { $0 ? 1 : 0 })
    let tensors = names.indices.map { index -> Tensor? in
      if presence[index] == 0 { return nil }
      let bytes = UnsafeRawBufferPointer(places[index].bytes)
      return Tensor(shape: parameters[index].shape, dtype: parameters[index].dtype) {
        $0.copyMemory(from: bytes)
      }
    }
    return Gradients(names: names, tensors: tensors)
  }

  private func exchange() {
    let result = Result {
      for (number, bucket) in buckets.enumerated() {
        missing[number].wait()
        try communicator.sum(buffers[number], of: bucket.dtype)
      }
    }
    outcome.withLock { $0 = result }
    ended.signal()
  }
}
