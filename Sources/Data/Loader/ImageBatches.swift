/// The batches of one epoch, in order; for one consumer. Letting go of it ends its workers.
public final class ImageBatches {
  private let loader: ImageLoader
  private let maker: BatchMaker
  /// Nil when there are no workers.
  let queue: BatchQueue<LoadedBatch>?
  private let end: Int
  private var failure: TooManyBrokenImages?
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
      queue.start(workers: workers) { [maker] step in
        maker.batch(step: step, isCancelled: { queue.isCancelled })
      }
      self.queue = queue
    }
  }

  deinit { queue?.cancel() }

  /// The next batch, waiting for it; nil at the end of the epoch.
  ///
  /// - Throws: `TooManyBrokenImages`, and again at every later call.
  public func next() throws -> ImageBatch? {
    if let failure { throw failure }
    guard step < end else { return nil }
    guard let loaded = queue.map({ $0.take() }) ?? maker.batch(step: step) else { return nil }
    do {
      try loader.report(loaded.broken)
      guard let batch = loaded.batch else {
        // The search for one sample met all the broken images that are borne, and every image of
        // a data set as small as that.
        throw TooManyBrokenImages(
          images: loader.brokenImages, limit: loader.brokenLimit, count: loader.dataset.count)
      }
      step += 1
      return batch
    } catch let error as TooManyBrokenImages {
      failure = error
      queue?.cancel()
      throw error
    }
  }
}
