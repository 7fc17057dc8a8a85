import Foundation
import Testing

@testable import JEPACommandLine

/// `jepa report`.
@Suite struct ReportCommandTests {
  @Test func aRun() throws {
    let place = try Workplace()
    let short = [
      "optimization.epochs=1", "optimization.warmup=0", "head.name=mixture", "head.components=2",
      "target.helmert=true", "target.noise=0.1",
    ]
    #expect(try place.train("run", short).status == 0)
    let outcome = try place.jepa("report", "run", "--output", "report.html")
    #expect(outcome.status == 0 && outcome.errors == "")
    #expect(outcome.output.hasPrefix("report.html: 1 run, "))
    let page = try String(contentsOf: place.file("report.html"), encoding: .utf8)
    for id in ["curves", "densities", "samples", "masks", "settings", "missing"] {
      #expect(page.contains("<section id=\"\(id)\""), "\(id)")
    }
    #expect(page.contains("<code>uncertainty.json</code>: not there"))

    // The same again, bit for bit.
    #expect(try place.jepa("report", "run", "--output", "again.html").status == 0)
    #expect(
      try Data(contentsOf: place.file("again.html"))
        == Data(contentsOf: place.file("report.html")))

    #expect(
      try place.jepa("report", "run", "--output", "short.html", "--no-densities").status == 0)
    let brief = try String(contentsOf: place.file("short.html"), encoding: .utf8)
    #expect(!brief.contains("<section id=\"densities\"") && brief.contains("left out by"))
  }

  /// A checkpoint that cannot be read is named; the rest of the page is there.
  @Test func aDamagedCheckpoint() throws {
    let place = try Workplace()
    #expect(
      try place.train("run", ["optimization.epochs=1", "optimization.warmup=0"]).status == 0)
    try place.write("damaged", to: place.checkpoints(of: "run")[0])
    let outcome = try place.jepa("report", "run", "--output", "report.html")
    #expect(outcome.status == 0)
    let page = try String(contentsOf: place.file("report.html"), encoding: .utf8)
    #expect(page.contains("its checkpoint cannot be looked into"))
    #expect(page.contains("<section id=\"curves\""))
  }

  @Test func refusals() throws {
    let place = try Workplace()
    try place.makeFolder("empty")
    for (arguments, part) in [
      (["report", "--output", "x.html"], "name the folder of a run"),
      (["report", "run", "--output", "x.html"], "run: there is no such folder"),
      (["report", "empty", "--output", "x.html"], "empty holds neither config.yaml"),
      (["report", "empty", "--output", "no/x.html"], "there is no folder"),
      (["report", "tiny.yaml", "--output", "x.html"], "tiny.yaml is a file"),
    ] {
      let outcome = try Tool.run(arguments, in: place.url)
      #expect(outcome.status > 0 && outcome.errorLines.count == 1)
      #expect(outcome.errors.contains(part), "\(outcome.errors)")
    }
  }
}
