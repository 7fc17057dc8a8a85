import JEPATensor

/// A batch with the broken images that were met on the way to it; no batch where there were too
/// many to find it, or the system failed.
struct LoadedBatch: Sendable {
  let batch: ImageBatch?
  let broken: [BrokenImage]
  /// An error that is not the image's.
  var failure: ImageError?
}

/// Reads the batches of one epoch, in any order, on any thread.
struct BatchMaker: Sendable {
  let dataset: any ImageDataset
  let transform: any SampleTransform
  let batchSize: Int
  /// The positions within each batch that are read, in 0 ..< batchSize.
  let part: Range<Int>
  /// The samples of the epoch, [steps * batchSize] or fewer.
  let order: [Int]
  /// The source of the epoch's augmentations; each sample has its own stream.
  let random: RandomSource
  let broken: BrokenImages
  let brokenLimit: Int

  private struct NoGoodImage: Error {}

  /// The batch of one step; nil when `isCancelled` turned true on the way.
  func batch(step: Int, isCancelled: () -> Bool = { false }) -> LoadedBatch? {
    let whole = order[step * batchSize..<min((step + 1) * batchSize, order.count)]
    let samples = whole.dropFirst(part.lowerBound).prefix(part.count)
    let size = 3 * transform.height * transform.width
    var indices: [Int] = []
    var met: [BrokenImage] = []
    var cancelled = false
    do {
      let images = try Tensor(
        shape: [samples.count, 3, transform.height, transform.width], dtype: .float32
      ) { bytes in
        let floats = bytes.bindMemory(to: Float.self)
        for (row, sample) in samples.enumerated() {
          if isCancelled() {
            cancelled = true
            throw NoGoodImage()
          }
          let (image, index) = try goodImage(from: sample, broken: &met)
          var stream = random.split(sample)
          let planes = UnsafeMutableBufferPointer(
            rebasing: floats[row * size..<(row + 1) * size])
          transform(image, using: &stream, into: planes)
          indices.append(index)
        }
      }
      let labels = indices.map { dataset.label(at: $0) }
      return LoadedBatch(
        batch: ImageBatch(images: images, labels: labels, indices: indices), broken: met)
    } catch {
      return cancelled
        ? nil : LoadedBatch(batch: nil, broken: met, failure: error as? ImageError)
    }
  }

  /// The image of `sample` or the next one after it that can be read.
  ///
  /// - Throws: `ImageError` where the system failed: another image would replace a good one.
  private func goodImage(
    from sample: Int, broken met: inout [BrokenImage]
  ) throws -> (Image, Int) {
    for offset in 0..<min(dataset.count, brokenLimit + 1) {
      let index = (sample + offset) % dataset.count
      if let record = broken.record(of: index) {
        met.append(record)
        continue
      }
      do {
        return (try dataset.image(at: index), index)
      } catch let error as ImageError where error.isSystemFailure {
        throw error
      } catch {
        let record = BrokenImage(index: index, description: "\(error)")
        broken.insert(record)
        met.append(record)
      }
    }
    throw NoGoodImage()
  }
}
