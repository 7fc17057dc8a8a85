import Foundation
import JEPAData
import JEPAEval
import JEPADiffusion
import JEPATensor

// A diffusion head on two sets with a known truth: the inverse sinusoid, and a ring of
// Gaussians whose number the context gives.
//
//   swift run -c release DiffusionExample [picture.png]
//
// Fails unless its estimated likelihood is within 0.05 nats of the truth's on the same held-out rows and
// its modes are the true ones, for each.

let random = RandomSource(seed: 1)

func fit<Toy: ConditionalToy>(
  _ toy: Toy, frequencies: Int, _ options: DiffusionOptions, epochs: Int
) throws -> ToyFit<Toy, FourierContext<DiffusionHead>> {
  var initial = random.split("head")
  let head = DiffusionHead(
    contextDimensions: FourierContext<DiffusionHead>.dimensions(
      of: toy.contextDimensions, count: frequencies),
    targetDimensions: toy.targetDimensions, options: options, using: &initial)
  let settings = DensityFitSettings(
    epochs: epochs, batchSize: 256, learningRate: 1e-2, weightDecay: 0, averaging: 0.998)
  let fit = try ToyFit(
    FourierContext(head, count: frequencies), to: toy, trainingCount: 100_000, testCount: 10_000,
    settings: settings, random: random)
  print(fit.summary)
  return fit
}

var options = DiffusionOptions()
options.width = 64
options.levels = 0
options.blocksPerLevel = 0
options.middleBlocks = 3
options.embeddingDimensions = 64
options.timestepsPerRow = 8
options.inputOctaves = 5
options.flowSteps = 16
options.samplingSteps = 25
let sinusoid = try fit(
  StandardizedToy(InverseSinusoid()), frequencies: 12, options, epochs: 5)
options.middleBlocks = 2
options.inputOctaves = 3
options.embeddingDimensions = 32
let ring = try fit(RingOfGaussians(), frequencies: 0, options, epochs: 3)

var picture = sinusoid.picture(
  title: "Diffusion head", named: "diffusion", label: "inverse sinusoid", random: random)
picture.rows += ring.picture(title: "", named: "diffusion", random: random).rows
picture.subtitle = "nats above the truth: sinusoid \(sinusoid.nats), ring \(ring.nats)"
let path = CommandLine.arguments.dropFirst().first ?? "diffusion.png"
try PNGFile.write(
  picture.image(panelWidth: 150, panelHeight: 150), to: URL(fileURLWithPath: path))
print("wrote \(path)")

let problems =
  sinusoid.shortcomings().map { "sinusoid: " + $0 } + ring.shortcomings().map { "ring: " + $0 }
for problem in problems { print("failed: \(problem)") }
exit(problems.isEmpty ? 0 : 1)
