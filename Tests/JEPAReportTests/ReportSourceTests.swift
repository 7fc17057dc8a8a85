import Foundation
import Testing

@testable import JEPAReport

@Suite struct ReportSourceTests {
  @Test func aRun() throws {
    let fixture = try Fixture()
    try fixture.run("a", shift: 0, knn: 0.25)
    let source = try ReportSource(paths: [fixture.path + "/a/"])
    let run = try #require(source.runs.first)
    #expect(source.kind == .run && source.title == "a" && run.name == "a")
    #expect(run.headName == "mixture" && run.seed == 0 && run.imagesSeen == 64)
    // 100 images/s is the upper of two logged rates.
    let seconds = try #require(SettingsSection.seconds(run))
    #expect(seconds.value == 0.64 && seconds.isEstimate)
    #expect(
      run.curve("knn_top1").map(\.x) == [0, 64] && run.curve("knn_top1").map(\.y) == [0.1, 0.3])
    // Entries that are no evaluation are passed over.
    #expect(run.evaluation["encoder"]?.knn?.top1 == 0.25 && run.evaluation["random_encoder"] != nil)
    #expect(run.uncertainty?.images == 20 && run.scores?.count == 60)
    #expect(run.missing.map(\.name) == ["cost.json", "checkpoints"])
  }

  @Test func whatIsMissingOrDamagedIsNamed() throws {
    let fixture = try Fixture()
    try fixture.write("step,loss\n1,x\n", to: "b/metrics.csv")
    try fixture.write("{\"encoder\": ", to: "b/evaluation.json")
    let run = try #require(try ReportSource(paths: [fixture.path + "/b"]).runs.first)
    #expect(run.configuration == nil && run.metrics.isEmpty && run.evaluation.isEmpty)
    let reasons = Dictionary(uniqueKeysWithValues: run.missing.map { ($0.name, $0.reason) })
    #expect(reasons["config.yaml"]?.hasPrefix("not there") == true)
    #expect(reasons["metrics.csv"]?.contains("\"x\", not a number") == true)
    #expect(reasons["evaluation.json"]?.hasPrefix("cannot be read") == true)
    #expect(
      reasons["uncertainty.json"]?.contains("jepa eval \(fixture.path)/b --uncertainty") == true)
  }

  @Test func aComparisonWithSeeds() throws {
    let fixture = try Fixture()
    try fixture.run("flow-seed0", head: "flow")
    try fixture.run("flow-seed1", head: "flow", seed: 1)
    try fixture.run("point", head: "point")
    try fixture.comparison(
      [
        ("flow", "flow-seed0", ["head.name=flow"]), ("flow", "flow-seed1", ["head.name=flow"]),
        ("point", "point", ["head.name=point"]),
      ], pending: ["diffusion"])
    try fixture.write("{\"parameters\": 1200, \"machine\": \"a test\"}", to: "point/cost.json")
    let source = try ReportSource(paths: [fixture.path])
    #expect(source.kind == .comparison)
    #expect(source.variants.map(\.name) == ["flow", "point"])
    #expect(source.variants.map(\.runs.count) == [2, 1])
    #expect(source.variants[0].overrides == ["head.name=flow"])
    #expect(source.runs[2].cost?.parameters == 1200 && source.runs[2].cost?.machine == "a test")
    #expect(source.missing.map(\.name) == ["diffusion, seed 0", "table.json"])
  }

  @Test func runsOfTheSameNameAreToldApart() throws {
    let fixture = try Fixture()
    try fixture.run("x/run")
    try fixture.run("y/run", head: "flow")
    let source = try ReportSource(paths: ["x/run", "y/run"].map { fixture.path + "/" + $0 })
    #expect(source.kind == .runs && source.variants.map(\.name) == ["run", "run (2)"])
  }

  @Test func aFolderOfRunsWithoutItsRecord() throws {
    let fixture = try Fixture()
    try fixture.run("b")
    try fixture.run("a")
    let source = try ReportSource(paths: [fixture.path])
    #expect(source.variants.map(\.name) == ["a", "b"])
    #expect(source.missing.map(\.name) == ["comparison.json"])
  }

  @Test func refusals() throws {
    let fixture = try Fixture()
    try fixture.write("x", to: "file")
    try fixture.write("{\"kind\":\"compare\",\"variants\":[]}", to: "none/comparison.json")
    try fixture.write("x", to: "empty/y")
    for (path, part) in [
      ("absent", "there is no such folder"), ("file", "is a file"),
      ("none", "no variant of the comparison is done"), ("empty", "holds neither config.yaml"),
    ] {
      let error = #expect(throws: ReportError.self) {
        try ReportSource(paths: [fixture.path + "/" + path])
      }
      #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
    }
  }

  @Test func tableFiles() throws {
    let json = try JSONDecoder().decode(
      JSONValue.self,
      from: Data(
        """
        {"columns":[{"key":"knn","title":"kNN","unit":"%","better":"high"},{"key":"z"}],
         "rows":[{"name":"a","seeds":[0,1,2],"values":{"knn":{"mean":31,"deviation":0.5},"z":null}},
                 {"name":"b","seeds":[0,1],"values":{"knn":{"mean":30,"low":29,"high":31,"count":1}}},
                 {"name":"random encoder","seeds":[],"values":{"knn":{"mean":6}}},{}]}
        """.utf8))
    let table = TableFile(json)
    #expect(table.columns.map(\.key) == ["knn", "z"] && table.columns[1].better == .none)
    #expect(table.rows.map(\.seeds) == [3, 2, 0])
    // Student's interval, 31 ± 4.303 · 0.5 / √3.
    #expect(table.rows[0].values["knn"] == Measure(mean: 31, deviation: 0.5, count: 3))
    #expect(abs((table.rows[0].values["knn"]?.high ?? 0) - 32.2422) < 1e-4)
    #expect(table.rows[0].values["z"] == nil)
    #expect(table.rows[1].values["knn"]?.high == 31)
  }
}
