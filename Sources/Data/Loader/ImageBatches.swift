import JEPATensor

/// The batches of one epoch, in order; for one consumer. Letting go of it ends its workers.
public final class ImageBatches {
  private let loader: ImageLoader
  private let maker: BatchMaker
  /// Nil when there are no workers, also where the system gave no thread; `next()` reads then.
  let queue: BatchQueue<LoadedBatch>?
  private let end: Int
  private var failure: (any Error)?
  /// The step of the batch that `next()` returns next.
  public private(set) var step: Int

  init(loader: ImageLoader, maker: BatchMaker, steps: Range<Int>) {
    self.loader = loader
    self.maker = maker
    step = steps.lowerBound
    end = steps.upperBound
    let workers = min(loader.workers, steps.count)
    if workers == 0 {
      queue = nil
    } else {
      let queue = BatchQueue<LoadedBatch>(steps: steps, window: loader.prefetch)
      let (created, failure) = queue.start(workers: workers) { [maker] step in
        maker.batch(step: step, isCancelled: { queue.isCancelled })
      }
      if let failure { loader.reportMissingThreads(created, of: workers, failure) }
      self.queue = created > 0 ? queue : nil
    }
  }

  deinit { queue?.cancel() }

  /// The next batch, waiting for it; nil at the end of the epoch.
  ///
  /// - Throws: `TooManyBrokenImages`, or the `ImageError` of a system that failed to read an image; and the same
  ///   again at every later call.
  public func next() throws -> ImageBatch? {
    if let failure { throw failure }
    guard step < end else { return nil }
    guard let loaded = queue.map({ $0.take() }) ?? maker.batch(step: step) else { return nil }
    do {
      try loader.report(loaded.broken)
      if let failure = loaded.failure { throw failure }
      guard let batch = loaded.batch else {
        // The search for one sample met all the broken images that are borne, and every image of
        // a data set as small as that.
        throw TooManyBrokenImages(
          images: loader.brokenImages, limit: loader.brokenLimit, count: loader.dataset.count)
      }
      step += 1
      return batch
    } catch {
      failure = error
      queue?.cancel()
      throw error
    }
  }
}
