// Reads a run of the Laplace head back, and fits the head to rows of numbers. Ends with status 1 where a figure is not as
// it has to be.
import Foundation
import JEPA
import JEPAEval
import JEPAHeads
import Research

struct Failure: Error {}

guard CommandLine.arguments.count == 2 else {
  print("usage: ReadBack RUN")
  exit(64)
}
var random = RandomSource(seed: 1)

// A trained model, from its folder.
let model = try DatasetKind.withDatasets([.stripes]) {
  try TrainedModel(at: CommandLine.arguments[1], heads: .standard + [LaplaceHead.self])
}
let size = model.configuration.data.cropSize
let images = Tensor.normal([4, 3, size, size], using: &random)
let masks = MaskSource(model.configuration.mask, grid: model.grid, seed: 0)
  .masks(epoch: 0, step: 0, indices: [0, 1, 2, 3])
let prediction = model.predict(images, masks: masks)
let targets = model.targets(images, masks: masks, noise: random.split("noise"))
let nats = prediction.likelihood(of: targets, using: &random)?.logDensity.mean().item() ?? .nan
let draws = prediction.sample(16, using: &random)
print("step \(model.step): \(nats) nats a target, draws \(draws.shape)")
guard model.step > 0, nats.isFinite, draws.shape[1] == targets.shape[0] else { throw Failure() }
guard model.features(images).shape[0] == 4 else { throw Failure() }

// A density of a table, in ten lines.
let rows = Tensor.normal([600, 3], using: &random)
let contexts = rows.slice(axis: 1, 0..<1)
let y = contexts * 2 + Tensor.normal([600, 2], using: &random) * 0.1
let head = LaplaceHead(contextDimensions: 1, targetDimensions: 2, using: &random)
let fit = try DensityFit(
  head, targets: y.slice(axis: 0, 0..<500), contexts: contexts.slice(axis: 0, 0..<500),
  settings: LaplaceHead.tableTraining, random: random.split("fit"))
let test = LogLikelihood(
  of: fit.head, targets: y.slice(axis: 0, 500..<600), contexts: contexts.slice(axis: 0, 500..<600),
  random: random)
// The truth has 1.77 nats a row: two Gaussians of deviation 0.1.
print("table: \(test?.mean ?? .nan) nats a row")
guard let found = test?.mean, found > 1 else { throw Failure() }
