import ArgumentParser
import Foundation
import JEPA
import JEPAHeads
import JEPAReport

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Writes what is known of runs as one web page.",
    discussion: """
      A run is a folder that jepa train wrote, or the folder of a comparison or ablation. The page \
      holds tables, learning curves, calibration, and pictures of the predicted densities, which are \
      computed from the checkpoints. It needs no network and no script. What is not on file is named \
      on the page.
      """)

  @Argument(help: "Run folders, or folders of comparisons.", transform: HomePath.expanded)
  var runs: [String] = []
  @Option(
    help: ArgumentHelp("The HTML file to write.", valueName: "file"), transform: HomePath.expanded)
  var output: String
  @Option(
    help: ArgumentHelp(
      "The data set's folder, in place of the runs' own.", valueName: "dir"),
    transform: HomePath.expanded)
  var data: String?
  @Flag(help: "Leave out what has to be computed from checkpoints.") var noDensities = false

  /// Variants whose checkpoints are looked into.
  private static let mostVariants = 6

  func run() throws {
    guard !runs.isEmpty else { throw CommandError("name the folder of a run, or of a comparison") }
    try CommandError.requireFolder(of: output, option: "--output")
    let source = try ReportSource(paths: runs)
    let views = noDensities ? Self.without() : self.views(of: source)
    let page = try ReportPage(source, views: views, heads: JEPATool.heads).html()
    try AtomicFile.write(page, to: output, isNamedByUser: true)
    let variants = source.variants.count
    StandardOutput.write(
      "\(output): \(variants) \(variants == 1 ? "run" : "variants"), "
        + "\(page.utf8.count / 1024) KiB")
  }

  private static func without() -> DensityViews {
    var views = DensityViews()
    views.add(MissingPart("densities", "left out by --no-densities"))
    return views
  }

  /// Nothing that goes wrong with one run's checkpoint keeps the others from the page.
  private func views(of source: ReportSource) -> DensityViews {
    var views = DensityViews()
    var status = StatusLine()
    defer { status.clear() }
    for (index, variant) in source.variants.enumerated() {
      guard index < Self.mostVariants else {
        let rest = source.variants[index...].map(\.name).joined(separator: ", ")
        views.add(
          MissingPart(
            "densities", "of the first \(Self.mostVariants) variants only; not of \(rest)"))
        break
      }
      status.show("checkpoints", index, of: source.variants.count)
      guard let run = variant.runs.first(where: { $0.checkpointStep != nil }),
        var configuration = run.configuration
      else { continue }
      do {
        configuration.data = try configuration.data.replacingPath(data)
        views.add(try MaskExamples(configuration), variant: variant.name)
        let answered = try JEPATool.heads.run(
          RunQuestions(configuration: configuration, run: run),
          head: JEPATool.heads.head(of: configuration))
        views.add(answered.answers, to: answered.questions, variant: variant.name)
      } catch {
        let text = JEPACommand.line(for: error, arguments: []).dropFirst("jepa: ".count)
        views.add(MissingPart(variant.name, "its checkpoint cannot be looked into: \(text)"))
      }
    }
    return views
  }
}
