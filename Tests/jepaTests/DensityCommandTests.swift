import Foundation
import JEPA
import JEPAEval
import JEPATensor
import JEPATestSupport
import Testing

@testable import JEPACommandLine

/// `jepa density` on tables made here.
@Suite struct DensityCommandTests {
  /// Keys of the report that the tests look at.
  private struct Report: Decodable {
    struct Fold: Decodable, Equatable {
      let fold: String
      let training_rows: Int
      let validation_rows: Int
      let test_rows: Int
      let test_log_likelihood: Double
      let test_median: Double
      let test_lowest_percentile: Double
      let validation_log_likelihood: Double?
      let gaussian_test_log_likelihood: Double
      let epochs: Int
      let best_epoch: Int
    }
    struct Options: Decodable {
      let beta: Double?
    }
    struct Settings: Decodable {
      let epochs: Int
      let batch_size: Int
      let noise: Double
    }
    let mean_test_log_likelihood: Double
    let standard_error: Double
    let estimate: String?
    let gaussian: Double
    let gaussian_standard_error: Double
    let folds: [Fold]
    let head: String
    let options: Options
    let settings: Settings
    let seed: Int
    let rows: Int
    let columns: [String]
    let conditions: [String]
  }

  /// Two columns on a line with noise, a third that they do not tell, and a label.
  private static func csv(rows: Int, delimiter: String = ",") -> String {
    var random = RandomSource(seed: 5)
    var lines = ["\"first one\"\(delimiter)second\(delimiter)third\(delimiter)label"]
    for row in 0..<rows {
      let x = random.normal()
      let cells = [10 + 3 * x, 2 * x + 0.5 * random.normal(), 100 * random.normal()]
      lines.append((cells.map { "\($0)" } + ["row \(row)"]).joined(separator: delimiter))
    }
    return lines.joined(separator: "\r\n") + "\r\n"
  }

  private static let quick = ["--set", "epochs=2", "--set", "batch_size=32"]

  private func density(
    _ place: Workplace, _ arguments: String, _ more: [String] = []
  ) throws -> Tool.Outcome {
    try Tool.run(
      ["density", "--head", "point"] + arguments.split(separator: " ").map(String.init) + more,
      in: place.url)
  }

  private func report(_ place: Workplace, _ path: String = "out.json") throws -> Report {
    try JSONDecoder().decode(Report.self, from: Data(contentsOf: place.file(path)))
  }

  @Test func reportsEveryFoldAndTheGaussian() throws {
    let place = try Workplace()
    try place.write(Self.csv(rows: 203, delimiter: ";"), to: "table.csv")
    let outcome = try density(
      place,
      "--data table.csv --delimiter ; --drop label --random-folds 4 --seed 3 --json out.json "
        + "--set beta=1.5", Self.quick)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors == "")
    let report = try report(place)
    #expect(report.head == "point" && report.seed == 3 && report.rows == 203)
    #expect(report.columns == ["first one", "second", "third"] && report.conditions.isEmpty)
    #expect(report.options.beta == 1.5 && report.estimate == nil)
    #expect(report.settings.epochs == 2 && report.settings.batch_size == 32)
    #expect(report.folds.map(\.fold) == ["1", "2", "3", "4"])
    #expect(report.folds.map(\.test_rows).reduce(0, +) == 203)
    for fold in report.folds {
      #expect(fold.training_rows + fold.validation_rows + fold.test_rows == 203)
      #expect(fold.epochs == 2 && (0...2).contains(fold.best_epoch))
      #expect(fold.test_lowest_percentile <= fold.test_median)
      #expect(fold.validation_log_likelihood != nil)
    }
    let mean = FoldMean(report.folds.map(\.test_log_likelihood))
    #expect(abs(report.mean_test_log_likelihood - mean.mean) < 1e-12)
    #expect(abs(report.standard_error - mean.standardError) < 1e-12)
    let gaussian = FoldMean(report.folds.map(\.gaussian_test_log_likelihood))
    #expect(abs(report.gaussian - gaussian.mean) < 1e-12)
    // Unit columns, two of which have correlation 2/√4.25: ½ log of its 1 − ρ² = 1/17 is −1.417.
    #expect(abs(gaussian.mean - (-3 * 1.418_938_5 + 1.416_606_7)) < 0.15)

    let lines = outcome.output.split(separator: "\n").map(String.init)
    #expect(lines.count == 4 + 4 + 2)
    #expect(lines[0].hasPrefix("table.csv: 203 rows, 3 columns; point with "))
    #expect(lines[1].contains("chosen by validation rows: noise 0 "))
    #expect(lines[1].contains("; noise 0, whitened "))
    #expect(lines[8].hasPrefix("point "))
    #expect(lines[8].hasSuffix(String(format: "%.3f ± %.3f", mean.mean, mean.standardError)))
    #expect(lines[9].hasPrefix("full Gaussian "))
  }

  /// Folds run at once, and their figures do not show it; another seed's do.
  @Test func threadsDoNotChangeTheFigures() throws {
    let place = try Workplace()
    try place.write(Self.csv(rows: 90), to: "table.csv")
    for (name, options) in [
      ("one", "--threads 1 --seed 1"), ("two", "--threads 2 --seed 1"),
      ("other", "--threads 2 --seed 2"),
    ] {
      let outcome = try density(
        place, "--data table.csv --drop label --random-folds 3 --json \(name).json \(options)",
        Self.quick)
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    let one = try report(place, "one.json")
    #expect(try report(place, "two.json").folds == one.folds)
    #expect(try report(place, "other.json").folds != one.folds)
  }

  /// Given the column it depends on, a column is told better than alone.
  @Test func conditionsAreGiven() throws {
    let place = try Workplace()
    try place.write(Self.csv(rows: 300), to: "table.csv")
    try place.write(
      "fold,part,row\n"
        + (0..<300).map { "a,\($0 % 10 == 9 ? "test" : "\($0 % 10)"),\($0)\n" }.joined(),
      to: "folds.csv")
    let common = "--data table.csv --drop label,third --folds folds.csv"
    let given = try density(
      place, common + " --json given.json",
      ["--condition", "first one", "--set", "epochs=60", "--set", "learning_rate=0.02"])
    #expect(given.status == 0, "\(given.errors)")
    let report = try report(place, "given.json")
    #expect(report.columns == ["second"] && report.conditions == ["first one"])
    #expect(report.folds.map(\.test_rows) == [30] && report.folds[0].validation_rows == 30)
    #expect(report.standard_error == 0)
    // σ = 0.243 around the line: −½ log 2πe σ² is about 0.
    #expect(abs(report.gaussian) < 0.35)
    #expect(abs(report.mean_test_log_likelihood - report.gaussian) < 0.4)
    #expect(given.output.contains("1 column given 1; point"))
  }

  /// What is refused, and what the line must say.
  @Test(arguments: [
    ("--data absent.csv", ["absent.csv: No such file"]),
    (
      "--data table.csv", ["table.csv:2: column \"label\" holds \"row 0\", not a number", "--drop"]
    ),
    ("--data table.csv --drop labl", ["no column \"labl\" for --drop", "nearest is \"label\""]),
    (
      "--data table.csv --drop label --condition secnd",
      ["no column \"secnd\" for --condition", "nearest is \"second\""]
    ),
    ("--data table.csv --delimiter ;; --drop label", ["--delimiter \";;\"", "one character"]),
    ("--data table.csv --delimiter ; --drop label", ["table.csv:1: ", "--delimiter"]),
    ("--data hole.csv", ["hole.csv:3: column \"b\" has a missing cell"]),
    ("--data flat.csv", ["flat.csv: column \"b\" is constant", "--drop"]),
    (
      "--data line.csv", ["line.csv: column \"b\" is a linear function of other columns", "--drop"]
    ),
    ("--data empty.csv", ["empty.csv: is empty"]),
    (
      "--data wide.csv --random-folds 2",
      ["wide.csv: fold 1 has 20 rows that are not test rows for 30 columns", "--drop"]
    ),
    ("--data hex.csv", ["hex.csv:3: column \"b\" holds \"0x10\"", "hexadecimal"]),
    ("--data table.csv --folds absent.csv --drop label", ["absent.csv: No such file"]),
    (
      "--data table.csv --folds folds.csv --drop label",
      ["folds.csv:3: column \"row\" holds \"40\"", "table.csv has rows 0 to 39"]
    ),
    (
      "--data table.csv --folds folds.csv --random-folds 3 --drop label",
      ["--folds and --random-folds exclude each other"]
    ),
    ("--data table.csv --drop label --random-folds 41", ["40 rows are too few"]),
    ("--data table.csv --drop label --json none/out.json", ["--json none/out.json", "no folder"]),
    ("--data table.csv --drop label --threads 0", ["--threads 0"]),
    ("--data table.csv --drop label --set epoch=3", ["epoch is not", "nearest", "epochs"]),
    ("--data table.csv --drop label --set bet=3", ["bet is not", "nearest", "beta"]),
    ("--data table.csv --drop label --set epochs=0", ["epochs is 0", "at least 1"]),
    ("--data table.csv --drop label --set epochs=many", ["epochs", "integer", "\"many\""]),
    ("--data table.csv --drop label --set noise=-1", ["noise is -1", "at least 0"]),
    ("--data table.csv --drop label --set averaging=1", ["averaging is 1", "below 1"]),
    ("--data table.csv --drop label --set beta=-1", ["beta is -1", "above 0"]),
    ("--data table.csv --drop label --set epochs", ["--set epochs", "key=value"]),
    ("--data table.csv --drop label --head oracle", ["--head \"oracle\"", "point"]),
    (
      "--data table.csv --drop label --condition second,third --condition first\u{A0}one",
      ["--condition names every column"]
    ),
  ])
  func refusals(_ arguments: String, _ parts: [String]) throws {
    let place = try Workplace()
    try place.write(Self.csv(rows: 40), to: "table.csv")
    try place.write("a,b\n1,2\n3,\n", to: "hole.csv")
    try place.write("a,b\n" + (0..<40).map { "\($0),7\n" }.joined(), to: "flat.csv")
    try place.write("a,b\n" + (0..<40).map { "\($0),\(3 * $0 + 1)\n" }.joined(), to: "line.csv")
    try place.write("", to: "empty.csv")
    try place.write("a,b\n1,2\n3,0x10\n", to: "hex.csv")
    var random = RandomSource(seed: 2)
    let wide = (0...40).map { row in
      (0..<30).map { row == 0 ? "c\($0)" : "\(random.normal())" }.joined(separator: ",")
    }
    try place.write(wide.joined(separator: "\n"), to: "wide.csv")
    try place.write("fold,part,row\n1,1,0\n1,test,40\n", to: "folds.csv")
    let before = place.listing()
    let outcome = try Tool.run(
      ["density", "--head", "point"]
        + arguments.split(separator: " ").map { String($0).replacing("\u{A0}", with: " ") },
      in: place.url)
    #expect(outcome.status > 0 && outcome.output == "")
    #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
    #expect(outcome.errors.hasPrefix("jepa: "))
    for part in parts { #expect(outcome.errors.contains(part), "\(outcome.errors)") }
    #expect(!outcome.errors.contains("head."), "\(outcome.errors)")
    #expect(place.listing() == before, "something was left behind")
  }

  /// Every head has its own default options, and they are ones that it knows.
  @Test(arguments: HeadList.standard.names)
  func defaultsAreReadable(_ head: String) throws {
    struct Naming: HeadOperation {
      func run<Head: DensityPredictor>(
        makeHead: @escaping (Int, Int, inout RandomSource) throws -> Head
      ) throws -> Int {
        var random = RandomSource(seed: 0)
        return try makeHead(0, 3, &random).parameterCount
      }
    }
    let options = try DensityOptions(head: head, assignments: [])
    #expect(try JEPATool.heads.run(Naming(), head: options.head) > 0)
  }

  /// The published figures for a full Gaussian, which decide how the columns are scaled.
  @Test func gaussianOnRedWine() throws {
    guard let data = sharedFile("data/density/winequality-red.csv"),
      let list = sharedFile("data/density/red_wine_folds.csv")
    else { return }
    let table = try Table(contentsOf: data.path, delimiter: ";", dropping: ["quality"])
    let folds = try DensityFold.read(contentsOf: list.path, table: table)
    #expect(folds.count == 10 && folds.allSatisfy { $0.validation.count >= 159 })
    let means = try folds.map { fold -> Double in
      let data = try FoldData(table, fold: fold)
      let density = try GaussianDensity(targets: data.notTest.targets)
      return try density.logDensity(of: data.test.targets).mean().item()
    }
    #expect(abs(FoldMean(means).mean - -13.1792) < 1e-3)
  }
}
