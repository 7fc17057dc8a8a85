import Foundation
import JEPATensor
import Testing

@testable import JEPAData

/// Images of one value each; those in `broken` cannot be read.
struct FakeImages: ImageDataset {
  let count: Int
  var broken: Set<Int> = []
  /// Images that the system fails to read.
  var unreached: Set<Int> = []
  let classNames = ["even", "odd"]

  func label(at index: Int) -> Int { index % 2 }
  func name(at index: Int) -> String { "fake/\(index).jpg" }
  func image(at index: Int) throws -> Image {
    if broken.contains(index) {
      throw ImageError(name: name(at: index), reason: .damaged("as asked"))
    }
    if unreached.contains(index) {
      throw ImageError(name: name(at: index), failure: .system(EMFILE))
    }
    return noiseImage(width: 12, height: 10, seed: UInt64(index))
  }
}

/// Lines that a loader logged.
final class Log: Sendable {
  private let lines = Lock<[String]>([])
  var all: [String] { lines.withLock { $0 } }
  var receive: @Sendable (String) -> Void { { line in self.lines.withLock { $0.append(line) } } }
}

private func loader(
  _ dataset: any ImageDataset, batchSize: Int = 4, seed: UInt64 = 0, shuffle: Bool = true,
  dropLast: Bool = true, workers: Int = 2, brokenShare: Double = 0.01, log: Log = Log()
) -> ImageLoader {
  ImageLoader(
    dataset, transform: TrainingTransform(size: 8, flip: true), batchSize: batchSize, seed: seed,
    shuffle: shuffle, dropLast: dropLast, workers: workers, brokenShare: brokenShare,
    log: log.receive)
}

private func all(_ batches: ImageBatches) throws -> [ImageBatch] {
  var result: [ImageBatch] = []
  while let batch = try batches.next() { result.append(batch) }
  return result
}

private func same(_ a: [ImageBatch], _ b: [ImageBatch]) -> Bool {
  a.count == b.count
    && zip(a, b).allSatisfy {
      $0.indices == $1.indices && $0.labels == $1.labels
        && $0.images.floats() == $1.images.floats()
    }
}

@Suite struct ImageLoaderTests {
  @Test func visitsEveryImageOnce() throws {
    let batches = try all(loader(FakeImages(count: 23), dropLast: false).batches(epoch: 0))
    #expect(batches.map(\.count) == [4, 4, 4, 4, 4, 3])
    #expect(batches[0].images.shape == [4, 3, 8, 8] && batches[5].images.shape == [3, 3, 8, 8])
    #expect(batches.flatMap(\.indices).sorted() == Array(0..<23))
    for batch in batches { #expect(batch.labels == batch.indices.map { $0 % 2 }) }
  }

  @Test func dropsTheLastBatch() throws {
    let loader = loader(FakeImages(count: 23))
    #expect(loader.stepsPerEpoch == 5)
    #expect(try all(loader.batches(epoch: 0)).map(\.count) == [4, 4, 4, 4, 4])
  }

  @Test func orderIsTheDatasetsWithoutShuffle() throws {
    let batches = try all(
      loader(FakeImages(count: 9), shuffle: false, dropLast: false).batches(epoch: 3))
    #expect(batches.flatMap(\.indices) == Array(0..<9))
  }

  @Test(arguments: [1, 2, 5]) func workersChangeNothing(_ workers: Int) throws {
    let data = FakeImages(count: 50, broken: [7])
    let alone = try all(loader(data, workers: 0).batches(epoch: 2))
    #expect(same(alone, try all(loader(data, workers: workers).batches(epoch: 2))))
  }

  @Test func seedsAndEpochsDiffer() throws {
    let data = FakeImages(count: 40)
    let first = try all(loader(data).batches(epoch: 0))
    #expect(same(first, try all(loader(data).batches(epoch: 0))))
    #expect(first.flatMap(\.indices) != loader(data).order(epoch: 1))
    #expect(loader(data).order(epoch: 0) != loader(data, seed: 1).order(epoch: 0))
    // Another epoch cuts the same image in another way.
    func sample(_ epoch: Int) throws -> [Float] {
      let batches = loader(data, shuffle: false).batches(epoch: epoch)
      return try #require(try batches.next()).images.floats()
    }
    #expect(try sample(0) != sample(1))
  }

  /// A sample's augmentation does not depend on the batch it is in.
  @Test func augmentationFollowsTheSample() throws {
    let data = FakeImages(count: 12)
    let fours = try all(loader(data, batchSize: 4, shuffle: false).batches(epoch: 1))
    let threes = try all(loader(data, batchSize: 3, shuffle: false).batches(epoch: 1))
    #expect(
      fours.flatMap { $0.images.floats() } == threes.flatMap { $0.images.floats() })
  }

  /// However many read a batch between them, it is the same: samples, replaced ones too, and crops.
  @Test(arguments: [[0..<3, 3..<6], [0..<2, 2..<4, 4..<6], [0..<1, 1..<6]])
  func partsMakeUpTheBatch(_ parts: [Range<Int>]) throws {
    let data = FakeImages(count: 40, broken: [7])
    let whole = try all(loader(data, batchSize: 6).batches(epoch: 3, from: 1))
    let cut = try parts.map {
      try all(loader(data, batchSize: 6).batches(epoch: 3, from: 1, part: $0))
    }
    for (step, batch) in whole.enumerated() {
      #expect(cut.flatMap { $0[step].indices } == batch.indices)
      #expect(cut.flatMap { $0[step].labels } == batch.labels)
      #expect(cut.flatMap { $0[step].images.floats() } == batch.images.floats())
    }
    #expect(cut.allSatisfy { $0.count == whole.count })
    // A last batch of 4 has nothing at 4 and 5.
    let last = try all(
      loader(data, batchSize: 6, dropLast: false).batches(epoch: 3, from: 6, part: 3..<6))
    #expect(last.map(\.count) == [1])
  }

  @Test(arguments: [0, 2]) func resumesAtAnyStep(_ workers: Int) throws {
    let loader = loader(FakeImages(count: 41, broken: [3]), workers: workers)
    let whole = try all(loader.batches(epoch: 5))
    for step in 0...loader.stepsPerEpoch {
      let batches = loader.batches(epoch: 5, from: step)
      #expect(batches.step == step)
      #expect(same(Array(whole[step...]), try all(batches)))
      #expect(batches.step == loader.stepsPerEpoch)
    }
  }

  @Test func emptyAndTooSmallDataSets() throws {
    #expect(try loader(FakeImages(count: 0), dropLast: false).batches(epoch: 0).next() == nil)
    #expect(try loader(FakeImages(count: 3)).batches(epoch: 0).next() == nil)
  }

  /// Letting go in the middle of an epoch ends the threads, wherever they stand.
  @Test func droppedEarlyEndsItsWorkers() throws {
    for taken in [0, 1, 3] {
      let loader = loader(FakeImages(count: 4000), workers: 3)
      var batches: ImageBatches? = loader.batches(epoch: 0)
      for _ in 0..<taken { _ = try batches?.next() }
      let queue = try #require(batches?.queue)
      batches = nil  // waits for the workers
      #expect(queue.runningWorkers == 0 && queue.isCancelled)
    }
  }

  @Test func finishedEpochEndsItsWorkers() throws {
    let batches = loader(FakeImages(count: 40), workers: 3).batches(epoch: 0)
    #expect(try all(batches).count == 10)
    #expect(try batches.next() == nil)
    batches.queue?.waitUntilIdle()
    #expect(batches.queue?.runningWorkers == 0)
  }

  /// No more than the window is read ahead of the consumer.
  @Test func readsAheadWithinTheWindow() throws {
    let queue = BatchQueue<Int>(steps: 0..<100, window: 5)
    let made = Lock<[Int]>([])
    queue.start(workers: 3) { step in
      made.withLock { $0.append(step) }
      return step
    }
    for step in 0..<30 {
      #expect(queue.take() == step)
      #expect(made.withLock { $0.max() ?? 0 } <= step + 5)
    }
    queue.cancel()
    #expect(queue.take() == nil && queue.runningWorkers == 0)
  }
}

@Suite struct BrokenImageTests {
  @Test(arguments: [0, 2]) func replacedByTheNextGoodOneAndNamedOnce(_ workers: Int) throws {
    let log = Log()
    let loader = loader(
      FakeImages(count: 300, broken: [5, 6, 299]), shuffle: false, workers: workers, log: log)
    #expect(loader.brokenLimit == 3)
    for epoch in 0..<3 {
      let indices = try all(loader.batches(epoch: epoch)).flatMap(\.indices)
      #expect(indices[4...8] == [4, 7, 7, 7, 8] && indices[299] == 0)
    }
    #expect(
      log.all
        == [5, 6, 299].map {
          "broken image, replaced by the next: "
            + "fake/\($0).jpg: damaged image: as asked; replace or remove it"
        })
    #expect(loader.brokenImages.map(\.index) == [5, 6, 299])
  }

  /// A system that fails says nothing of the image, in whose place no other may come.
  @Test(arguments: [0, 2]) func failuresOfTheSystemStopTheLoader(_ workers: Int) throws {
    let log = Log()
    let loader = loader(
      FakeImages(count: 300, broken: [1], unreached: [9]), shuffle: false, workers: workers,
      log: log)
    let batches = loader.batches(epoch: 0)
    // What comes before is given.
    #expect(try batches.next()?.indices == [0, 2, 2, 3])
    #expect(try batches.next()?.indices == [4, 5, 6, 7])
    for _ in 0..<2 {
      #expect {
        try batches.next()
      } throws: {
        "\($0)"
          == "fake/9.jpg: cannot be read: Too many open files; the system failed, not the image: "
          + "fix that, then continue"
      }
    }
    #expect(loader.brokenImages.map(\.index) == [1] && log.all.count == 1)
  }

  @Test func codesOfTheFileAreBrokenImages() {
    for code in [ENOENT, EACCES, ELOOP, EISDIR] {
      #expect(!ImageError(name: "a", failure: .system(code)).isSystemFailure)
    }
    for code in [EMFILE, ENFILE, EIO, ESTALE, ENOMEM, ETIMEDOUT] {
      #expect(ImageError(name: "a", failure: .system(code)).isSystemFailure)
    }
    #expect(!ImageError(name: "a", failure: .notRegular).isSystemFailure)
    #expect(ImageError(name: "a", decoder: "Insufficient memory (case 4)").isSystemFailure)
    #expect(!ImageError(name: "a", decoder: "Premature end of JPEG file").isSystemFailure)
  }

  /// Twice the same image, cut in two ways: the augmentation is the replaced sample's own.
  @Test func replacementHasItsOwnAugmentation() throws {
    let loader = loader(FakeImages(count: 8, broken: [1]), batchSize: 8, shuffle: false)
    let batch = try #require(try loader.batches(epoch: 0).next())
    #expect(batch.indices[1] == 2 && batch.labels[1] == 0)
    let values = batch.images.floats()
    let size = values.count / 8
    #expect(values[size..<2 * size] != values[2 * size..<3 * size])
  }

  @Test(arguments: [0, 1, 4]) func tooManyStop(_ workers: Int) throws {
    let log = Log()
    let broken = Set([10, 50, 90])
    let loader = loader(
      FakeImages(count: 200, broken: broken), shuffle: false, workers: workers, log: log)
    let batches = loader.batches(epoch: 0)
    var steps = 0
    let error = try #require(throws: TooManyBrokenImages.self) {
      while try batches.next() != nil { steps += 1 }
    }
    #expect(steps == 22)  // the third one is in batch 22
    #expect(error.images.map(\.index) == [10, 50, 90] && error.limit == 2 && error.count == 200)
    #expect(
      "\(error)"
        == "at least 3 of 200 images are broken, more than the 2 that are borne; "
        + "replace or remove them: "
        + [10, 50, 90].map { "fake/\($0).jpg: damaged image: as asked; replace or remove it" }
        .joined(separator: " | "))
    #expect(throws: TooManyBrokenImages.self) { try batches.next() }
    #expect(log.all.count == 3)
  }

  @Test(arguments: [1, 2, 50, 1000]) func allBroken(_ count: Int) {
    let loader = loader(
      FakeImages(count: count, broken: Set(0..<count)), batchSize: 1, workers: 2)
    let batches = loader.batches(epoch: 0)
    #expect(throws: TooManyBrokenImages.self) { while try batches.next() != nil {} }
  }

  @Test func oneBrokenImageIsBorneInASmallDataSet() throws {
    let loader = loader(FakeImages(count: 8, broken: [2]))
    #expect(try all(loader.batches(epoch: 0)).count == 2)
    #expect(throws: TooManyBrokenImages.self) {
      try all(self.twoBroken().batches(epoch: 0))
    }
  }

  private func twoBroken() -> ImageLoader { loader(FakeImages(count: 8, broken: [2, 6])) }

  /// Real files: one cut short, one missing.
  @Test func brokenFiles() throws {
    let folder = try TemporaryFolder()
    for i in 0..<12 { try folder.write(jpeg(i), to: "a/\(10 + i).jpg") }
    let dataset = try ImageFolder(root: folder.url.path)
    try folder.write(jpeg(3).prefix(200), to: "a/13.jpg")
    try FileManager.default.removeItem(at: folder.url.appendingPathComponent("a/17.jpg"))
    let log = Log()
    let batches = loader(dataset, shuffle: false, brokenShare: 0.2, log: log).batches(epoch: 0)
    #expect(try all(batches).flatMap(\.indices) == [0, 1, 2, 4, 4, 5, 6, 8, 8, 9, 10, 11])
    #expect(log.all.count == 2)
    #expect(log.all[0].contains("a/13.jpg: damaged image: "))
    #expect(log.all[1].hasSuffix("a/17.jpg: cannot be read: no such file"))
  }
}
