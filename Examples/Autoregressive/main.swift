import Foundation
import JEPAData
import JEPAEval
import JEPAAutoregressive
import JEPATensor

// An autoregressive head (RNADE) on two sets with a known truth: the inverse sinusoid, and a ring of
// Gaussians whose number the context gives.
//
//   swift run -c release AutoregressiveExample [picture.png]
//
// Fails unless its likelihood is within 0.05 nats of the truth's on the same held-out rows and its modes
// are the true ones, for each.

let random = RandomSource(seed: 1)

func fit<Toy: ConditionalToy>(
  _ toy: Toy, frequencies: Int, _ options: AutoregressiveOptions, epochs: Int
) throws -> ToyFit<Toy, FourierContext<AutoregressiveHead>> {
  var initial = random.split("head")
  let head = AutoregressiveHead(
    contextDimensions: FourierContext<AutoregressiveHead>.dimensions(
      of: toy.contextDimensions, count: frequencies),
    targetDimensions: toy.targetDimensions, options: options, using: &initial)
  let settings = DensityFitSettings(
    epochs: epochs, batchSize: 128, learningRate: 1e-3, weightDecay: 0, averaging: 0.999)
  let fit = try ToyFit(
    FourierContext(head, count: frequencies), to: toy, trainingCount: 400_000,
    testCount: 20_000, settings: settings, random: random)
  print(fit.summary)
  return fit
}

var options = AutoregressiveOptions()
options.components = 30
options.hiddenLayers = 3
options.hiddenDimensions = 96
options.activation = .gelu
options.residual = false
let sinusoid = try fit(
  StandardizedToy(InverseSinusoid()), frequencies: 24, options, epochs: 4)
options.components = 8
let ring = try fit(RingOfGaussians(), frequencies: 0, options, epochs: 1)

var picture = sinusoid.picture(
  title: "Autoregressive head", named: "autoregressive", label: "inverse sinusoid", random: random)
picture.rows += ring.picture(title: "", named: "autoregressive", random: random).rows
picture.subtitle = "nats above the truth: sinusoid \(sinusoid.nats), ring \(ring.nats)"
let path = CommandLine.arguments.dropFirst().first ?? "autoregressive.png"
try PNGFile.write(
  picture.image(panelWidth: 240, panelHeight: 240), to: URL(fileURLWithPath: path))
print("wrote \(path)")

let problems =
  sinusoid.shortcomings().map { "sinusoid: " + $0 } + ring.shortcomings().map { "ring: " + $0 }
for problem in problems { print("failed: \(problem)") }
exit(problems.isEmpty ? 0 : 1)
