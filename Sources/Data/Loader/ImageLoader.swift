import Foundation
import JEPATensor

/// Reads, augments and batches the images of a data set, ahead of the training loop.
///
/// The order of an epoch depends on the seed and the epoch, the augmentation of a sample on the
/// seed, the epoch and the sample's index, and on nothing else: not on the number of workers, nor
/// on where the epoch was resumed.
///
/// An image that cannot be read is reported once through `log` and replaced by the next in the data
/// set that can. When more than `brokenShare` of the data set's images (and more than one) turned
/// out to be broken, `ImageBatches.next()` throws `TooManyBrokenImages`. A system that fails while an image is
/// read (`ImageError.isSystemFailure`) says nothing of the image: `next()` throws that error.
///
/// ```swift
/// let loader = ImageLoader(
///   dataset, transform: TrainingTransform(size: 64), batchSize: 128, seed: 0)
/// let batches = loader.batches(epoch: 3, from: 17)
/// while let batch = try batches.next() { … }
/// ```
public final class ImageLoader: Sendable {
  public let dataset: any ImageDataset
  public let transform: any SampleTransform
  public let batchSize: Int
  /// Another random order each epoch; the data set's order otherwise.
  public let shuffle: Bool
  /// Leave out the last, smaller batch of an epoch.
  public let dropLast: Bool
  /// Threads that read ahead; with 0, `next()` reads in the caller's thread.
  public let workers: Int
  /// Batches that are made or kept ahead of the consumer, at least one per worker.
  public let prefetch: Int
  /// The share of the data set's images that may be broken.
  public let brokenShare: Double
  private let random: RandomSource
  private let broken = BrokenImages()
  private let hasReportedThreads = Lock(false)
  private let log: @Sendable (String) -> Void

  /// - Parameter log: Receives one line for each broken image. To standard error by default.
  public init(
    _ dataset: any ImageDataset, transform: any SampleTransform, batchSize: Int, seed: UInt64,
    shuffle: Bool = true, dropLast: Bool = true, workers: Int = 2, prefetch: Int = 4,
    brokenShare: Double = 0.01,
    log: @escaping @Sendable (String) -> Void = StandardErrorLog.write
  ) {
    require(
      batchSize > 0 && workers >= 0 && prefetch > 0 && 0...1 ~= brokenShare,
      "ImageLoader: batchSize \(batchSize), workers \(workers), prefetch \(prefetch), "
        + "brokenShare \(brokenShare)")
    self.dataset = dataset
    self.transform = transform
    self.batchSize = batchSize
    self.shuffle = shuffle
    self.dropLast = dropLast
    self.workers = workers
    self.prefetch = max(prefetch, workers)
    self.brokenShare = brokenShare
    self.log = log
    random = RandomSource(seed: seed).split("ImageLoader")
  }

  /// The number of batches in an epoch.
  public var stepsPerEpoch: Int {
    dropLast ? dataset.count / batchSize : (dataset.count + batchSize - 1) / batchSize
  }

  /// The images that were found broken so far, in the order in which their batches came.
  public var brokenImages: [BrokenImage] { broken.reported }

  /// How many broken images are borne.
  public var brokenLimit: Int { max(1, Int(Double(dataset.count) * brokenShare)) }

  /// The samples of an epoch, in order, before the last ones are dropped: [dataset.count].
  public func order(epoch: Int) -> [Int] {
    guard shuffle else { return Array(0..<dataset.count) }
    var source = random.split("order").split(epoch)
    return source.permutation(dataset.count)
  }

  /// The batches of an epoch, from `step` on. Reading starts at once.
  ///
  /// - Parameter part: positions within each batch, 0 ..< batchSize: only those samples are read and given.
  ///   They are the same whoever reads the others.
  public func batches(
    epoch: Int, from step: Int = 0, part: Range<Int>? = nil
  ) -> ImageBatches {
    let part = part ?? 0..<batchSize
    require(
      part.lowerBound >= 0 && part.upperBound <= batchSize,
      "ImageLoader.batches: part \(part) of batches of \(batchSize)")
    require(
      0...stepsPerEpoch ~= step,
      "ImageLoader.batches: step \(step) is outside 0 ... \(stepsPerEpoch)")
    let maker = BatchMaker(
      dataset: dataset, transform: transform, batchSize: batchSize, part: part,
      order: order(epoch: epoch),
      random: random.split("augmentation").split(epoch), broken: broken, brokenLimit: brokenLimit)
    return ImageBatches(loader: self, maker: maker, steps: step..<stepsPerEpoch)
  }

  /// Says once that fewer threads read ahead than were asked for, which changes the time only.
  func reportMissingThreads(_ created: Int, of asked: Int, _ failure: WorkerThread.Failure) {
    let isFirst = hasReportedThreads.withLock { hasReported in
      defer { hasReported = true }
      return !hasReported
    }
    guard isFirst else { return }
    log(
      "a thread cannot be created (\(failure.reason)); images are read by "
        + (created > 0 ? "\(created) of \(asked) threads" : "the thread that waits for them"))
  }

  /// Takes note of the broken images that a batch met, and refuses to go on when there are too
  /// many.
  func report(_ images: [BrokenImage]) throws {
    for image in broken.report(images) { log("broken image, replaced by the next: \(image)") }
    let all = broken.reported
    if all.count > brokenLimit {
      throw TooManyBrokenImages(images: all, limit: brokenLimit, count: dataset.count)
    }
  }
}
