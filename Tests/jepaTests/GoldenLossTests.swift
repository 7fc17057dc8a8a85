import Foundation
import Testing

/// Every head's losses of twenty steps from a seed, recorded by `scripts/golden-losses record`.
///
/// On one machine they repeat to the last digit (`scripts/golden-losses check`). Processors add up in different
/// orders, so that here each loss has a tolerance, 1e-5 in float32 and 2e-3 in bfloat16, relative to its size or to 1.
@Suite struct GoldenLossTests {
  private static let folder = Bundle.module.url(forResource: "GoldenLosses", withExtension: nil)

  @Test(
    arguments: ["point", "mixture", "autoregressive", "flow", "diffusion"],
    [("float32", 1e-5), ("bfloat16", 2e-3)])
  func lossesAreThoseRecorded(_ head: String, _ precision: (name: String, tolerance: Double)) throws
  {
    let folder = try #require(Self.folder)
    let place = try Workplace()
    let outcome = try place.jepa(
      "train", "--config", folder.appendingPathComponent("golden.yaml").path, "--run", "run",
      "--set", "head.name=\(head)", "--set", "meta.precision=\(precision.name)")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let rows = try place.rows(of: "run")
    let file = folder.appendingPathComponent("\(head)-\(precision.name).csv")
    let golden = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
      $0.split(separator: ",").compactMap { Double($0) }
    }
    try #require(rows.count == 20 && golden.count == 20 && golden.allSatisfy { $0.count == 3 })
    for (step, (row, expected)) in zip(rows, golden).enumerated() {
      for (column, value) in zip(["loss", "regularization", "gradient_norm"], expected) {
        let actual = try #require(row[column])
        // A norm is the least certain of the three: it adds up what rounding did to every gradient.
        let tolerance = precision.tolerance * (column == "gradient_norm" ? 10 : 1)
        #expect(
          abs(actual - value) <= tolerance * max(1, abs(value)),
          "\(head), \(precision.name), step \(step + 1): \(column) \(actual), recorded \(value)")
      }
    }
    #expect(Set(golden.map { $0[0] }).count == 20)
  }
}
