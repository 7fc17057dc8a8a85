import JEPA
import JEPAEval

/// What cannot be compared, and why: found in the runs' settings and files.
struct Caveats {
  let source: ReportSource

  /// Settings that say where things lie, who computes and what is asked of the head.
  private static let indifferent: Set = [
    "data.root_path", "data.image_folder", "data.num_workers", "data.pin_mem", "logging.folder",
    "logging.log_freq", "logging.checkpoint_freq", "logging.keep", "meta.threads", "meta.seed",
    "meta.write_tag",
  ]

  var items: [HTML] {
    [targets, estimates, noise, settings, rows, seeds, shared].compactMap(\.self)
  }

  /// Whether all runs of a seed have the same targets: one encoder that stays as it was drawn, asked for the
  /// same patches of the same images.
  var targetsAreShared: Bool {
    let configurations = source.runs.map(\.configuration)
    guard let first = configurations.first ?? nil,
      first.optimization.ema == Endpoints(start: 1, end: 1)
    else { return false }
    return configurations.allSatisfy { configuration in
      configuration?.differences(from: first).allSatisfy {
        $0.key.hasPrefix("head.") || Self.indifferent.contains($0.key)
          || $0.key.hasPrefix("optimization.") && $0.key != "optimization.ema"
      } == true
    }
  }

  private var manyRuns: Bool { source.variants.count > 1 }

  private var targets: HTML? {
    guard manyRuns, source.runs.contains(where: { $0.uncertainty != nil }) else { return nil }
    guard !targetsAreShared else {
      return HTML(
        "All runs of a seed have the same targets, those of an encoder that stays as it was drawn "
          + "(optimization.ema is 1), so that raw CRPS, energy score, squared error and likelihood compare "
          + "too. Accuracies say little here: the encoder that gives the targets learns nothing.")
    }
    return HTML(
      "Each run has an encoder of its own, and so targets of its own, which may be easier or harder. "
        + "Between runs compare skill, likelihood relative to the Gaussian, calibration and ranking; "
        + "not raw CRPS, energy score, squared error or likelihood, which stand in a table apart.")
  }

  private var estimates: HTML? {
    let names = source.variants.filter {
      $0.runs.contains { $0.uncertainty?.likelihood == .estimate }
    }.map(\.name)
    guard !names.isEmpty else { return nil }
    let probes = Set(source.variants.flatMap(\.runs).compactMap { $0.uncertainty?.traceProbes })
    let vectors = probes.sorted().map(String.init).joined(separator: " or ")
    return HTML(
      "\(NumberText.enumeration(names)): the likelihood is an estimate, which has a row of its own "
        + "and takes no part in a ranking of exact ones."
        + (probes.isEmpty
          ? ""
          : " Random vectors a target behind it: \(vectors); their noise is inside its interval."))
  }

  private var noise: HTML? {
    let found = source.variants.compactMap { variant in
      variant.first?.uncertainty.map { (variant.name, $0.targetNoise) }
    }
    guard Set(found.map(\.1)).count > 1 else { return nil }
    let text = found.map { "\($0) \(NumberText.significant($1))" }
    return HTML(
      "Target noise differs (\(NumberText.enumeration(text))): likelihoods do not compare, since the "
        + "noise's logarithm enters once for each coordinate.")
  }

  /// Keys that differ beyond the head, or the overrides of a comparison.
  private var settings: HTML? {
    guard manyRuns, let base = source.variants.first?.first?.configuration else { return nil }
    let asked = Set(
      source.variants.flatMap(\.overrides).compactMap {
        $0.split(separator: "=").first.map(String.init)
      })
    var found: Set<String> = []
    for variant in source.variants.dropFirst() {
      guard let other = variant.first?.configuration else { continue }
      found.formUnion(other.differences(from: base).map(\.key))
    }
    let keys = found.filter {
      !$0.hasPrefix("head.") && !asked.contains($0) && !Self.indifferent.contains($0)
    }.sorted()
    guard !keys.isEmpty else { return nil }
    let shown = keys.prefix(8).enumerated().flatMap { index, key -> [HTML] in
      [index == 0 ? "" : ", ", .code(key)]
    }
    return .group(
      ["The runs differ in more than what is compared: "] + shown
        + [HTML(keys.count > 8 ? " and \(keys.count - 8) further keys." : ".")])
  }

  private var rows: HTML? {
    let reports = source.runs.compactMap(\.uncertainty)
    let kinds = Set(reports.map { [$0.rows, $0.images, $0.samples] })
    guard kinds.count > 1 else { return nil }
    return HTML(
      "Densities were scored on different numbers of images, rows or draws: intervals differ in width "
        + "for that reason too, and rows cannot be paired.")
  }

  private var seeds: HTML? {
    let counts = source.variants.map(\.runs.count)
    guard let least = counts.min() else { return nil }
    if least == 1 {
      return HTML(
        "One seed a variant: intervals are over images, not over trainings. Another seed may change "
          + "an order that looks clear here.")
    }
    return HTML(
      "± is the standard deviation over \(least == counts.max() ? "\(least)" : "\(least) or more") "
        + "seeds; what is called clear is so by Student's interval of the mean over seeds.")
  }

  private var shared: HTML? {
    guard manyRuns else { return nil }
    return HTML(
      "Two values are “within noise” where their difference is less than √(h₁² + h₂²), h being each "
        + "95 % interval's half towards the other. Where every target's scores are on file, "
        + "likelihoods relative to the Gaussian are compared by the paired difference over the same "
        + "images instead. With many figures, some differences look clear by chance: about one in twenty."
    )
  }
}
