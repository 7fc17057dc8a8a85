import ArgumentParser
import Foundation
import JEPA
import JEPAData
import JEPAEval

/// What `jepa eval RUN --uncertainty` takes.
struct UncertaintyOptions: ParsableArguments {
  @Flag(
    help: """
      Measure the densities that a run predicts, in place of its features: likelihood, proper \
      scores, calibration, and what their uncertainty tells of errors.
      """)
  var uncertainty = false
  @Option(help: "Uncertainty: draws per target (64).") var samples: Int?
  @Option(help: "Uncertainty: held-out images, and as many training images (256).")
  var images: Int?
  @Option(
    help: ArgumentHelp(
      """
      Uncertainty: images of unseen kinds to tell apart: a folder, procedural, or unseen-classes \
      for the data set's classes beyond data.classes.
      """, valueName: "dir|name"), transform: HomePath.expanded)
  var ood: String?
  @Option(
    help: ArgumentHelp(
      "Uncertainty: a .csv or .safetensors file for every target's scores.", valueName: "file"),
    transform: HomePath.expanded)
  var scores: String?
  @Option(
    help: ArgumentHelp(
      "Uncertainty: another run's --scores (safetensors), to show paired differences from.",
      valueName: "file"), transform: HomePath.expanded)
  var against: String?

  /// Does what was asked for.
  ///
  /// - Parameters:
  ///   - path: the run folder.
  ///   - reading: how image files are read.
  ///   - others: options given that have no meaning here.
  /// - Returns: whether uncertainty was asked for.
  func run(
    path: String, data: String?, json: String?, reading: ImageReadingOptions, others: [String]
  ) throws -> Bool {
    guard uncertainty else {
      let given = [
        ("--samples", samples != nil), ("--images", images != nil), ("--ood", ood != nil),
        ("--scores", scores != nil), ("--against", against != nil),
      ]
      if let (option, _) = given.first(where: \.1) {
        throw CommandError("\(option) is for densities; give --uncertainty with it")
      }
      return false
    }
    if let option = others.first {
      throw CommandError("\(option) is for features; leave it or --uncertainty out")
    }
    for (option, value, least) in [("--samples", samples, 2), ("--images", images, 2)] {
      if let value, value < least {
        throw CommandError("\(option) \(value): give a number of at least \(least)")
      }
    }
    for (option, file) in [("--json", json), ("--scores", scores)] {
      if let file { try CommandError.requireFolder(of: file, option: option) }
    }
    let earlier = try against.map { try RowScores(contentsOf: URL(filePath: $0)) }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
    else {
      throw CommandError("\(path): --uncertainty needs the folder of a run; check the path")
    }
    let run = try EvaluatedRun(path: path, data: data, reading: reading)
    let evaluation = UncertaintyEvaluation(
      run, unseen: try ood.map { try unseen($0, run.configuration.data, reading) },
      samples: samples ?? UncertaintyEvaluation.samples,
      images: images ?? UncertaintyEvaluation.images)
    let result = try evaluation.measure()
    StandardOutput.write("\(path): head \(run.configuration.head.name), step \(run.step)")
    StandardOutput.write(result.report.lines.joined(separator: "\n"))
    if let against, let earlier { try compare(result.rows, earlier, against) }
    if let json { try AtomicFile.write(Array(result.report.json()), to: json, isNamedByUser: true) }
    if let scores { try result.rows.write(to: URL(filePath: scores), isNamedByUser: true) }
    return true
  }

  private func unseen(
    _ name: String, _ data: DataConfiguration, _ reading: ImageReadingOptions
  ) throws -> any ImageDataset {
    func open(
      _ path: String, _ split: DatasetSplit, classes: [String]? = nil, links: LinkPolicy
    ) throws -> any ImageDataset {
      try openDataset(
        at: path, split: split, classes: classes, links: links,
        decoding: ImageDecoding(appliesOrientation: data.exifOrientation))
    }
    let links: LinkPolicy = data.followLinks ? .anywhere : .inside
    switch name {
    case "procedural":
      guard data.dataset != .procedural else {
        throw CommandError("--ood procedural: the run's own images are; name other images")
      }
      var scenes = data
      scenes.dataset = .procedural
      return try scenes.openDataset(.validation)
    case "unseen-classes":
      guard !data.dataset.isDrawn else {
        throw CommandError("--ood unseen-classes: drawn scenes have no other classes")
      }
      let seen = Set(try data.openDataset(.train).classNames)
      let others = try open(data.path, .train, links: links).classNames
        .filter { !seen.contains($0) }
      guard !others.isEmpty else {
        throw CommandError(
          "--ood unseen-classes: the run uses all classes of \(data.path); name other images")
      }
      return try open(data.path, .validation, classes: others, links: links)
    default: return try open(name, .validation, links: reading.links)
    }
  }

  /// Paired differences of what both sides have.
  private func compare(_ rows: RowScores, _ earlier: RowScores, _ file: String) throws {
    let differing: [UncertaintyMetric] = [
      .nll, .estimatedNLL, .nllMinusGaussian, .estimatedNLLMinusGaussian, .crps, .energyScore,
      .variogramScore, .squaredError,
    ]
    StandardOutput.write("less \(file), paired by target (below 0 is better)")
    if rows.hasSameTargets(as: earlier) == false {
      StandardOutput.write(
        "  the targets differ, since each run has an encoder of its own: compare skill and what is "
          + "relative to the Gaussian")
    }
    let random = RandomSource(seed: 0).split("uncertainty").split("bootstrap")
    for metric in differing where rows[metric] != nil && earlier[metric] != nil {
      let difference = try rows.difference(of: metric, from: earlier, using: random)
      let name = metric.rawValue.padding(toLength: 36, withPad: " ", startingAt: 0)
      let values = [difference.value, difference.low, difference.high].map { $0 ?? .nan }
      StandardOutput.write(
        String(format: "  \(name)%.4f [%.4f, %.4f]", values[0], values[1], values[2]))
    }
  }
}
