import Foundation
import JEPATensor
import Testing

@testable import JEPACommandLine

/// `jepa density` on tables as people have them.
@Suite struct DensityTableTests {
  private static func rows(_ count: Int, _ columns: Int) -> [[String]] {
    var random = RandomSource(seed: 9)
    return (0..<count).map { _ in (0..<columns).map { _ in "\(random.normal())" } }
  }

  private func density(
    _ place: Workplace, _ arguments: [String], head: String = "mixture", epochs: Int = 1
  ) throws -> Tool.Outcome {
    try Tool.run(
      ["density", "--head", head, "--data", "t.csv", "--random-folds", "2", "--threads", "1"]
        + ["--set", "epochs=\(epochs)"] + arguments, in: place.url)
  }

  /// The index is left out, and one line on standard error says so.
  @Test func thePandasIndexIsLeftOut() throws {
    let place = try Workplace()
    let rows = Self.rows(60, 2).enumerated().map { "\($0)," + $1.joined(separator: ",") }
    try place.write(",a,b\n" + rows.joined(separator: "\n"), to: "t.csv")
    let outcome = try density(place, [])
    #expect(outcome.status == 0 && outcome.output.contains("60 rows, 2 columns"))
    #expect(
      outcome.errorLines.count == 1 && outcome.errors.hasPrefix("jepa: t.csv: the first column"))
  }

  @Test func tablesWithoutAHeader() throws {
    let place = try Workplace()
    try place.write(
      Self.rows(60, 3).map { "  " + $0.joined(separator: "   ") }.joined(separator: "\n"),
      to: "t.csv")
    let refused = try density(place, ["--delimiter", "blanks"])
    #expect(refused.status == 1 && refused.errors.contains("--no-header"))
    let outcome = try density(place, ["--delimiter", "blanks", "--no-header", "--drop", "2"])
    #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
    #expect(outcome.output.contains("60 rows, 2 columns"))
    let named = try density(place, ["--delimiter", "blanks", "--header"])
    #expect(named.status == 0 && named.output.contains("59 rows, 3 columns"))
  }

  @Test func namesWithCommasAreDroppedAndGiven() throws {
    let place = try Workplace()
    let rows = Self.rows(60, 4).map { $0.joined(separator: ",") }
    try place.write("\"p (hPa, abs)\",b,\"q, rel\",d\n" + rows.joined(separator: "\n"), to: "t.csv")
    let outcome = try density(
      place, ["--drop", "p (hPa, abs)", "--drop", "d", "--condition", "q, rel"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("60 rows, 1 column given 1"))
    let wrong = try density(place, ["--drop", "p (hPa, ab)"])
    #expect(wrong.status == 1 && wrong.errors.contains("has no column \"p (hPa\" for --drop"))
  }

  /// Wherever the fill value comes to lie, among test, validation or training rows, the figures are finite or the
  /// line that ends the command names the row and the column; a line before it suspects the value in any case.
  @Test(arguments: ["mixture", "flow", "autoregressive", "point"], [1e20, 1e39])
  func aResultThatIsNotFiniteNamesRowAndColumn(_ head: String, _ mark: Double) throws {
    let place = try Workplace()
    var failures = 0
    for line in [5, 20, 43] {
      var rows = Self.rows(60, 3)
      rows[line - 2][1] = "\(mark)"
      try place.write(
        "a,b,c\n" + rows.map { $0.joined(separator: ",") }.joined(separator: "\n"), to: "t.csv")
      let outcome = try density(place, ["--json", "o.json"], head: head)
      #expect(
        outcome.errorLines.first?.hasPrefix("jepa: t.csv:\(line): column \"b\" holds 1e+") ?? false)
      #expect(!outcome.output.contains("inf") && !outcome.output.contains("nan"))
      if outcome.status == 0 { continue }
      failures += 1
      #expect(outcome.status == 1 && outcome.output == "" && outcome.errorLines.count == 2)
      let last = outcome.errorLines.last ?? ""
      #expect(
        last.contains("t.csv:\(line): column \"b\" ") && last.contains("not finite"), "\(last)")
      #expect(!FileManager.default.fileExists(atPath: place.file("o.json").path))
    }
    #expect(failures > 0)
  }
}
