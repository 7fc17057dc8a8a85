import Foundation
import JEPA
import JEPAHeads

/// One model of a comparison: a name and what it has that the others have not.
struct Variant: Equatable {
  let name: String
  /// As `--set` takes them.
  let overrides: [String]

  /// `mixture`, or with options `flow coupling=spline bins=8`: keys without a section are the head's.
  init(head text: String) throws {
    let words = text.split(separator: " ").map(String.init)
    guard let head = words.first, !head.contains("=") else {
      throw CommandError(
        "--heads \"\(text)\": give a head's name, then its options as key=value; heads are "
          + JEPATool.heads.names.joined(separator: ", "))
    }
    let options = try words.dropFirst().map { word -> String in
      guard let equals = word.firstIndex(of: "="), equals != word.startIndex else {
        throw CommandError("--heads \"\(text)\": give an option as key=value")
      }
      return word[..<equals].contains(".") ? word : "head." + word
    }
    name = words.joined(separator: " ")
    overrides = ["head.name=" + head] + options
  }

  /// One value of a swept key.
  init(key: String, value: String) {
    let short = key.hasPrefix("head.") ? String(key.dropFirst(5)) : key
    name = short + "=" + value
    overrides = [key + "=" + value]
  }

  /// What a folder is called: the name, with what shells and file systems mind replaced.
  func folder(seed: UInt64?) -> String {
    let plain = name.map { character -> Character in
      if character == " " { return "-" }
      let isPlain =
        character.isASCII
        && (character.isLetter || character.isNumber || "._=-+".contains(character))
      return isPlain ? character : "_"
    }
    return String(plain) + (seed.map { "-seed\($0)" } ?? "")
  }

  /// `a,b [1,2],c` → `a`, `b [1,2]`, `c`: commas within brackets do not part.
  static func list(_ text: String) -> [String] {
    var (parts, depth) = ([""], 0)
    for character in text {
      if character == "[" || character == "{" { depth += 1 }
      if character == "]" || character == "}" { depth -= 1 }
      if character == ",", depth == 0 {
        parts.append("")
      } else {
        parts[parts.count - 1].append(character)
      }
    }
    return parts.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }
}

/// Makes the configurations of variants: all but what a variant names is the same.
struct VariantConfigurations {
  let file: String
  let sets: [String]
  let data: String?

  /// The file with `--set`, which variants start from.
  func base() throws -> TrainingConfiguration {
    try finished(TrainingConfiguration(contentsOf: file, overrides: sets))
  }

  /// A variant's configuration, and the overrides that lead from the base to it.
  ///
  /// - Options that `--set` gives a head hold for that head alone.
  /// - `optimization.loss_weight` is a weight per coordinate of a target: where the file's head and the
  ///   variant's differ in whether their loss is a mean over coordinates or of the whole target, it is
  ///   multiplied or divided by their number, unless `--set` or the variant has it.
  func configuration(
    _ variant: Variant, seed: UInt64
  ) throws -> (TrainingConfiguration, overrides: [String]) {
    if let override = variant.overrides.first(where: { $0.hasPrefix("meta.seed=") }) {
      throw CommandError("\(override) in \(variant.name): give seeds by --seeds")
    }
    let fileHead = try TrainingConfiguration(contentsOf: file).head
    let setHead = try base().head.name
    let all = try TrainingConfiguration(
      contentsOf: file,
      overrides: sets.filter { !$0.hasPrefix("head.") || $0.hasPrefix("head.name=") }
        + variant.overrides
    )
    var kept = sets
    if all.head.name != setHead {
      kept = sets.filter { !$0.hasPrefix("head.") }
    }
    var overrides = variant.overrides + ["meta.seed=\(seed)"]
    let isGiven = (kept + overrides).contains { $0.hasPrefix("optimization.loss_weight=") }
    let (from, to) = (
      try JEPATool.heads.type(of: fileHead).lossUnit == .meanOverCoordinates,
      try JEPATool.heads.type(of: all.head).lossUnit == .meanOverCoordinates
    )
    if !isGiven, from != to {
      let width = try all.encoderConfiguration().embedDimensions
      let count = Double(all.target.transform(width: width).dimensions(of: width))
      let weight = all.optimization.lossWeight
      overrides.append("optimization.loss_weight=\(to ? weight * count : weight / count)")
    }
    let configuration = try TrainingConfiguration(contentsOf: file, overrides: kept + overrides)
    try JEPATool.heads.check(configuration.head)
    return (try finished(configuration), overrides)
  }

  private func finished(_ configuration: TrainingConfiguration) throws -> TrainingConfiguration {
    var configuration = configuration
    configuration.data = try configuration.data.replacingPath(data)
    if configuration.meta.loadCheckpoint {
      throw CommandError(
        "\(file): meta.load_checkpoint is true; set it to false: a comparison continues by itself")
    }
    return configuration
  }
}
