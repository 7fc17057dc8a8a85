import Foundation
import JEPAEval
import JEPATensor
import Testing

@Suite struct EvaluationReportTests {
  @Test func roundTripsThroughJSON() throws {
    let (train, validation) = (clusters(80, spread: 3), clusters(40, spread: 3, seed: 2))
    let report = EvaluationReport(
      knn: try KNNClassifier().evaluate(validation, train: train),
      linear: try LinearProbe().evaluate(
        train: train, validation: validation, using: RandomSource(seed: 1)),
      rank: try RepresentationRank(of: validation.features))
    let json = try report.json()
    #expect(try JSONDecoder().decode(EvaluationReport.self, from: json) == report)
    let text = String(decoding: json, as: UTF8.self)
    for key in ["\"knn\"", "\"top1\"", "\"linear\"", "\"strength\"", "\"rankMe\""] {
      #expect(text.contains(key))
    }
    #expect(String(decoding: try EvaluationReport().json(), as: UTF8.self).contains("{"))
  }
}
