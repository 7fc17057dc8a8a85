import Foundation
import JEPA
import JEPAData
import JEPAEval
import JEPAHeads

/// Scores a trained model's predicted densities on held-out images, with masks and noise that are the
/// same for every run of the same mask settings.
///
/// Where images have a region that the rest leaves open, that is what is asked for: exactly the region is
/// hidden, and the context is all the rest. Otherwise masks are drawn as in training.
struct UncertaintyEvaluation: HeadOperation {
  let run: EvaluatedRun
  /// Images of unseen kinds.
  let unseen: (any ImageDataset)?
  /// At most so many of each data set, at equal distances.
  let images: Int
  let settings: UncertaintySettings
  let notices = Notices()

  /// Draws per target and images, unless told.
  static let samples = 64
  static let images = 256

  init(
    _ run: EvaluatedRun, unseen: (any ImageDataset)? = nil, samples: Int = samples,
    images: Int = images
  ) {
    self.run = run
    self.unseen = unseen
    self.images = images
    var settings = UncertaintySettings()
    settings.samples = samples
    self.settings = settings
    if let warning = run.configuration.target.warning { notices.add(warning) }
  }

  struct Result {
    let report: UncertaintyReport
    let rows: RowScores
  }

  /// Measures the run; what there is to say beside goes to standard error.
  func measure() throws -> Result {
    defer {
      notices.take().forEach(StandardErrorLog.write)
    }
    return try JEPATool.heads.run(self, head: JEPATool.heads.head(of: configuration))
  }

  private var configuration: TrainingConfiguration { run.configuration }
  private var validation: any ImageDataset { run.validation }

  func run<Head: DensityPredictor>(
    makeHead: @escaping (Int, Int, inout RandomSource) throws -> Head
  ) throws -> Result {
    let trained = try Checkpoint.weights(
      for: configuration.model(head: makeHead), from: run.checkpoint)
    let isNarrow = configuration.meta.resolvedPrecision == .bfloat16
    let model = isNarrow ? trained.model.matrices(in: .bfloat16) : trained.model
    let target = isNarrow ? trained.targetEncoder.matrices(in: .bfloat16) : trained.targetEncoder
    let width = model.encoder.configuration.embedDimensions
    let transform = model.targetTransform
    let scorer = UncertaintyScorer(
      dimensions: transform.dimensions(of: width), settings: settings,
      gaussian: try gaussian(model, target), logDeterminant: transform.logDeterminant,
      further: JEPATool.parts.metrics)
    let random = RandomSource(seed: 0).split("uncertainty")
    let scenes = try knownTruth(transform)
    func scores(
      _ dataset: any ImageDataset, _ title: String, truth scenes: AmbiguousScenes?
    ) throws -> UncertaintyScores {
      var total = UncertaintyScores(dimensions: scorer.dimensions)
      try parts(of: dataset, title) { part in
        let y = part.targets(model, target)
        let features = model.predictor(
          model.encode(part.images, masks: part.masks), masks: part.masks)
        return try scorer.score(
          model.head(features), targets: y,
          images: part.masks.targetSequences.images.map { part.indices[Int($0)] },
          truth: scenes?.truth(of: part.indices, transform: transform, targetEncoder: target),
          using: part.random)
      } then: {
        total.append($0)
      }
      return total
    }
    let known = try scores(validation, "held-out images", truth: scenes)
    var report = try UncertaintyReport(
      known, settings: settings, targetNoise: transform.noise,
      logDeterminant: transform.logDeterminant, using: random.split("bootstrap"))
    report.run = run.description
    if let unseen {
      report.separation = Separation(
        known: known.rows, unseen: try scores(unseen, "unseen kinds", truth: nil).rows,
        using: random.split("bootstrap"))
    }
    return Result(report: report, rows: known.rows)
  }

  /// The held-out images, where they tell what their regions may hold.
  private func knownTruth(_ transform: TargetTransform) throws -> AmbiguousScenes? {
    guard let scenes = validation as? AmbiguousScenes else { return nil }
    if transform.whitening != nil {
      notices.add(
        "the true distributions are known for targets that are not whitened: figures of modes are "
          + "left out; train with target.whitening false")
      return nil
    }
    guard scenes.fillsPatches(of: try configuration.encoderConfiguration().grid) else {
      notices.add(
        "flags do not fill the patches that they touch, so that the true distributions are not "
          + "known: figures of modes are left out; train with a data.scene_grid whose cells are whole "
          + "patches")
      return nil
    }
    return scenes
  }

  /// Fitted to targets of as many training images, cut and noised as the held-out ones; nil, with a
  /// notice, where they have no density.
  private func gaussian<Head: DensityPredictor>(
    _ model: JEPAModel<Head>, _ target: VisionTransformer
  ) throws -> GaussianReference? {
    var rows: [Tensor] = []
    try parts(of: run.train, "training images") {
      $0.targets(model, target)
    } then: {
      rows.append($0)
    }
    do {
      return try GaussianReference(targets: .concatenated(rows, axis: 0))
    } catch let error as GaussianDensityError {
      let way =
        model.targetTransform.noise > 0
        ? "raise --images" : "train with target.noise and target.helmert"
      let (count, width) = (rows.reduce(0) { $0 + $1.shape[0] }, rows.first?.shape[1] ?? 0)
      let reason =
        count <= width
        ? "\(count) targets are too few for one over \(width) coordinates" : "\(error)"
      notices.add(
        "no Gaussian to compare with (\(reason)): figures relative to it are left out; \(way)")
      return nil
    }
  }

  // MARK: Images

  /// Some images with their masks.
  private struct Part: Sendable {
    let images: Tensor
    let masks: MaskBatch
    /// Positions in the data set.
    let indices: [Int]
    let random: RandomSource

    func targets<Head: DensityPredictor>(
      _ model: JEPAModel<Head>, _ target: VisionTransformer
    ) -> Tensor {
      model.targets(
        images, masks: masks, targetEncoder: target, noise: random.split("target noise"))
    }
  }

  /// Images that one thread takes at a time.
  private static let partSize = 8

  private func parts<T: Sendable>(
    of dataset: any ImageDataset, _ title: String,
    _ body: @Sendable (Part) throws -> T, then use: (T) -> Void
  ) throws {
    let count = min(images, dataset.count)
    let chosen = (0..<count).map { $0 * dataset.count / count }
    let side = configuration.data.cropSize
    let grid = try configuration.encoderConfiguration().grid
    let source = MaskSource(configuration.mask, grid: grid, seed: 0)
    // Images of unseen kinds without regions are asked at those of the held-out ones.
    let regions = dataset as? any RegionDataset ?? validation as? any RegionDataset
    @Sendable func masks(_ number: Int, _ indices: [Int]) -> MaskBatch {
      guard let regions else { return source.masks(epoch: -1, step: number, indices: indices) }
      return regions.regionMasks(indices.map { $0 % regions.count }, on: grid)
    }
    let size = Self.partSize * Parallelism.threads
    let batches = ImageLoader(
      dataset.subset(chosen), transform: EvaluationTransform(height: side, width: side),
      batchSize: size, seed: 0, shuffle: false, dropLast: false, workers: 1, log: notices.add
    ).batches(epoch: 0)
    let random = RandomSource(seed: 0).split("uncertainty").split(title)
    var status = StatusLine()
    defer { status.clear() }
    var done = 0
    while let batch = try batches.next() {
      let first = done
      let results = try parallelMap((batch.count + Self.partSize - 1) / Self.partSize) {
        part throws(any Error) in
        let range = part * Self.partSize..<min(batch.count, (part + 1) * Self.partSize)
        let number = (first + range.lowerBound) / Self.partSize
        let indices = range.map { chosen[first + $0] }
        return try body(
          Part(
            images: batch.images.slice(axis: 0, range),
            masks: masks(number, indices), indices: indices, random: random.split(number)))
      }
      results.forEach(use)
      done += batch.count
      status.show(title, done, of: count)
    }
  }
}
