import Foundation
import JEPAData
import JEPADensity
import JEPAEval
import JEPAPoint
import JEPATensor

// A head of your own in one file: a sampler trained by the energy score, without any density. Fails
// unless it beats a point with a Gaussian around it by 10 % of the score, and has the true modes.
//
//   swift run -c release CustomHeadExample [picture.png]

/// Turns noise into draws: y = network(c, z), z ~ N(0, I). Trained by the energy score
/// E‖X − y‖ − ½ E‖X − X′‖ from two draws, which only the true distribution minimises (Gneiting &
/// Raftery 2007, "Strictly proper scoring rules, prediction, and estimation").
struct EnergyHead: DensityPredictor {
  var input: Linear
  var hidden: Linear
  var output: Linear
  let noiseDimensions = 8

  init(contexts: Int, targets: Int, width: Int, using random: inout RandomSource) {
    input = Linear(
      inputDimensions: contexts + noiseDimensions, outputDimensions: width, using: &random)
    hidden = Linear(inputDimensions: width, outputDimensions: width, using: &random)
    output = Linear(inputDimensions: width, outputDimensions: targets, using: &random)
  }
  func callAsFunction(_ context: Tensor) -> EnergyPrediction {
    EnergyPrediction(head: self, context: context)
  }
  mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.module("input", &input)
    visitor.module("hidden", &hidden)
    visitor.module("output", &output)
  }
}

struct EnergyPrediction: ConditionalDensity {
  let head: EnergyHead
  let context: Tensor  // [N, C]

  private func draw(_ context: Tensor, _ noise: Tensor) -> Tensor {  // [N, D]
    let x = head.input(.concatenated([context, noise], axis: 1)).silu()
    return head.output(head.hidden(x).silu())
  }
  func loss(of y: Tensor, using random: inout RandomRows) -> Tensor {
    let shape = [context.shape[0], head.noiseDimensions]
    let (a, b) = (draw(context, random.normal(shape)), draw(context, random.normal(shape)))
    func distance(_ p: Tensor, _ q: Tensor) -> Tensor {
      ((p - q).square().sum(axis: 1) + 1e-12).squareRoot()
    }
    return (distance(a, y) + distance(b, y) - distance(a, b)) * 0.5
  }
  func sample(_ count: Int, using random: inout RandomSource) -> Tensor {
    let repeated = context.expanded(axis: 0).broadcast(to: [count] + context.shape)
    let rows = repeated.reshaped([count * context.shape[0], context.shape[1]])
    let noise = Tensor.normal([rows.shape[0], head.noiseDimensions], using: &random)
    return draw(rows, noise).reshaped([count, context.shape[0], -1])
  }
  func mean(using random: inout RandomSource) -> Tensor { sample(64, using: &random).mean(axis: 0) }
}

let random = RandomSource(seed: 1)
let (toy, frequencies) = (StandardizedToy(InverseSinusoid()), 12)
var (initial, held) = (random.split("head"), random.split("held out"))
let contexts = FourierContext<EnergyHead>.dimensions(of: 1, count: frequencies)
let test = toy.sample(20_000, using: &held)

/// Fits a head and gives its energy score on held-out rows, from two draws a row.
func score<Head: DensityPredictor>(_ head: Head) throws
  -> (fit: ToyFit<StandardizedToy<InverseSinusoid>, FourierContext<Head>>, score: Double)
{
  let fit = try ToyFit(
    FourierContext(head, count: frequencies), to: toy, trainingCount: 50_000,
    settings: .init(epochs: 30, learningRate: 3e-3, weightDecay: 0, averaging: 0.99),
    random: random)
  var draws = random.split("draws")
  let samples = fit.head(test.contexts).sample(2, using: &draws)  // [2, N, 1]
  let (a, b) = (samples.slice(axis: 0, 0..<1), samples.slice(axis: 0, 1..<2))
  let near = (a - test.targets).absolute() + (b - test.targets).absolute()
  let score = (near - (a - b).absolute()).mean().item() / 2
  print(String(format: "energy score %.4f;", score), fit.summary)
  return (fit, score)
}

let custom = try score(
  EnergyHead(contexts: contexts, targets: 1, width: 64, using: &initial))
var options = PointOptions()
options.scale = .learned
let point = try score(
  PointHead(contextDimensions: contexts, targetDimensions: 1, options: options, using: &initial))

let picture = custom.fit.picture(
  title: "A head of your own: the energy score", named: "sampler", random: random)
let path = CommandLine.arguments.dropFirst().first ?? "custom.png"
try PNGFile.write(picture.image(), to: URL(fileURLWithPath: path))
var problems = custom.fit.shortcomings()
if custom.score > 0.9 * point.score { problems.append("not 10 % better than a point") }
for problem in problems { print("failed: \(problem)") }
exit(problems.isEmpty ? 0 : 1)
