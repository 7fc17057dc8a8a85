import Foundation
import JEPAData
import JEPAEval
import JEPAPoint
import JEPATensor

// A point prediction on the inverse sinusoid, where one x has several t: the best point is the mean
// of the branches, and at the folds the mean lies between them, where no target ever is.
//
//   swift run -c release PointExample [picture.png]
//
// Fails unless the point is the true conditional mean, lies outside every mode at the folds, and
// pays for it in likelihood, read as a Gaussian of a learned deviation.

let random = RandomSource(seed: 1)
let toy = StandardizedToy(InverseSinusoid())
let frequencies = 12

var options = PointOptions()
options.beta = 4  // squared error on almost all rows, so that the point is the mean
options.scale = .learned
var initial = random.split("head")
let point = PointHead(
  contextDimensions: FourierContext<PointHead>.dimensions(of: 1, count: frequencies),
  targetDimensions: 1, options: options, using: &initial)
let fit = try ToyFit(
  FourierContext(point, count: frequencies), to: toy,
  settings: DensityFitSettings(epochs: 10, learningRate: 1e-2, weightDecay: 0), random: random)
print(fit.summary)

var problems: [String] = []
let contexts = toy.exampleContexts
var draws = random.split("mean")
let means = fit.head(contexts.cast(to: .float32)).mean(using: &draws).doubles()
for (row, modes) in toy.modes(given: contexts).enumerated() {
  let context = contexts.slice(axis: 0, row..<row + 1).doubles()
  let expected = modes.reduce(0) { $0 + $1.weight * $1.location[0] }
  let nearest = modes.map { $0.distance(to: [means[row]]) }.min() ?? 0
  let mean = String(format: "%.3f, true mean %.3f", means[row], expected)
  print("\(toy.label(of: context)): \(modes.count) modes, point \(mean)")
  if abs(means[row] - expected) > 0.1 { problems.append("\(toy.label(of: context)): \(mean)") }
  if modes.count > 1 && nearest <= modes[0].radius {
    problems.append("\(toy.label(of: context)): the point lies within a mode")
  }
}
if (fit.excessLoss ?? 0) < 0.3 { problems.append("one Gaussian should not fit: \(fit.caption)") }

var painter = random.split("picture")
let picture = DensityPicture(
  comparing: fit.head, named: "point", with: toy, title: "Point prediction, read as a Gaussian",
  subtitle: "the line is the point; \(fit.caption)", showsMean: true, using: &painter)
let path = CommandLine.arguments.dropFirst().first ?? "point.png"
try PNGFile.write(picture.image(), to: URL(fileURLWithPath: path))
print("wrote \(path)")

for problem in problems { print("failed: \(problem)") }
exit(problems.isEmpty ? 0 : 1)
