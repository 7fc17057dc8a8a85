import Foundation
import JEPA

/// Where a timed run's weights, images and masks come from.
struct BenchInputs {
  let file: SafetensorsFile?
  let masks: MaskSource
  let random: RandomSource
  let size: Int
  let batch: Int
  let settings: StepSettings

  init(path: String?, grid: PatchGrid, size: Int, batch: Int, referenceMasks: Bool) throws {
    let file = try path.map { try SafetensorsFile(URL(filePath: $0)) }
    self.file = file
    var mask = MaskConfiguration()
    mask.minKeep = referenceMasks ? 4 : 8
    mask.reference = referenceMasks
    masks = MaskSource(mask, grid: grid, seed: 0)
    random = RandomSource(seed: 1)
    self.size = size
    self.batch = batch
    func number(_ key: String, _ fallback: Double) -> Double {
      file?.metadata[key].flatMap(Double.init) ?? fallback
    }
    settings = StepSettings(
      learningRate: number("lr", 5e-4), weightDecay: number("weight_decay", 0.04),
      momentum: number("ema", 0.996))
  }

  func loadWeights<Head: DensityPredictor>(into model: inout JEPAModel<Head>) throws {
    guard let file else { return }
    var weights: [String: Tensor] = [:]
    for (name, _) in model.namedParameters() {
      let reference = name.replacing("head.proj.", with: "predictor.predictor_proj.")
      let stored = ["", "init."].map { $0 + reference }.first(where: file.contains) ?? reference
      weights[name] = try file.tensor(named: stored)
    }
    try model.load(weights, from: file.url.path)
  }

  /// Image and mask lists of step `step`; the file's steps are repeated in turn.
  ///
  /// The file is opened anew, so that what was read of it before does not count as the step's memory.
  func batch(_ step: Int) throws -> (Tensor, MaskBatch) {
    guard let file = try file.map({ try SafetensorsFile($0.url) }) else {
      var draws = random.split(step)
      let indices = (0..<batch).map { step * batch + $0 }
      return (
        .normal([batch, 3, size, size], using: &draws),
        masks.masks(epoch: 0, step: step, indices: indices)
      )
    }
    let stored = file.names.filter { $0.hasPrefix("batch") && $0.hasSuffix(".images") }.count
    let name = "batch\(step % max(1, stored))"
    return (
      try file.tensor(named: name + ".images"),
      try MaskBatch(file, contexts: name + ".context_indices", targets: name + ".target_indices")
    )
  }
}
