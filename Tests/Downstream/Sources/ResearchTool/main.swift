import Foundation
import JEPA
import JEPACommandLine
import JEPAHeads
import Research

var parts = ToolParts(heads: .standard + [LaplaceHead.self])
parts.datasets = [.stripes]
parts.probes = [CentroidProbe()]
parts.metrics = [absoluteError]
parts.training = { configuration in
  var training = TrainingParts()
  if configuration.head.name == LaplaceHead.name { training.optimizer = SignDescent() }
  return training
}
if let path = ProcessInfo.processInfo.environment["RESEARCH_WEIGHTS"] {
  parts.observers = [WeightRecorder(path: path)]
}
JEPATool.main(parts)
