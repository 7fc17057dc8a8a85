import Foundation
import JEPA
import JEPAEval
import JEPAMixture
import JEPATensor
import JEPATestSupport
import Testing

/// What the command says of a table, the library says too.
@Suite struct DensityLibraryTests {
  private struct Report: Decodable {
    struct Fold: Decodable {
      let test_log_likelihood: Double
      let validation_log_likelihood: Double
    }
    let folds: [Fold]
  }

  /// The head with its own options and training for tables, a fold at a time, by public API alone.
  @Test(arguments: [true, false]) func aFittedFoldHasTheFiguresOfTheCommand(
    whitening: Bool
  ) throws {
    let place = try Workplace()
    var random = RandomSource(seed: 3)
    let lines = (0..<160).map { _ in
      let x = random.normal()
      return "\(x),\(x * x + 0.1 * random.normal()),\(0.5 * x + random.normal())"
    }
    try place.write((["a,b,c"] + lines).joined(separator: "\n") + "\n", to: "table.csv")
    let arguments =
      "density --head mixture --data table.csv --random-folds 2 --seed 4 --json out.json"
    let settings = ["noise=0.05", "whitening=\(whitening)", "epochs=4"].flatMap { ["--set", $0] }
    let outcome = try Tool.run(
      arguments.split(separator: " ").map(String.init) + settings, in: place.url)
    #expect(outcome.status == 0, "\(outcome.output)")
    let report = try JSONDecoder().decode(
      Report.self, from: try Data(contentsOf: place.file("out.json")))

    let table = try Table(contentsOf: place.file("table.csv").path)
    let seed = RandomSource(seed: 4)
    let folds = try DensityFold.random(2, table: table, random: seed.split("folds"))
    var training = MixtureHead.tableTraining
    training.epochs = 4
    for (index, fold) in folds.enumerated() {
      let source = seed.split("fold").split(index)
      var weights = source.split("head")
      let head = MixtureHead(
        contextDimensions: 0, targetDimensions: 3, options: MixtureHead.tableOptions,
        using: &weights)
      let data = try FoldData(table, fold: fold)
      let density = try FoldDensity(
        head, data: data, settings: training,
        preparation: DensityPreparation(noise: 0.05, whitening: whitening),
        random: source.split("fit"))
      let test = try #require(
        try density.logLikelihood(of: data.test, random: source.split("test")))
      let validation = try #require(
        try density.logLikelihood(of: data.validation, random: source.split("validation")))
      // Tool and library may sum on different numbers of threads.
      expectClose([test.mean], [report.folds[index].test_log_likelihood], relative: 1e-6)
      expectClose(
        [validation.mean], [report.folds[index].validation_log_likelihood], relative: 1e-6)
    }
  }
}
