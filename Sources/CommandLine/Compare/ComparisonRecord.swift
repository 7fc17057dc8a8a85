import Foundation
import JEPA
import JEPAEval

/// `comparison.json`: what was asked for, and how far it is.
struct ComparisonRecord: Codable, Equatable {
  enum Kind: String, Codable { case compare, ablate }
  enum State: String, Codable { case pending, done }

  struct Entry: Codable, Equatable {
    let name: String
    /// As `--set` takes them, beyond the base.
    let overrides: [String]
    /// What further variants set that are this very model; nil without any.
    var also: [String]?
    let seed: UInt64
    /// The run's folder below the comparison's.
    let folder: String
    var state: State
  }

  /// How models are evaluated.
  struct Evaluation: Codable, Equatable {
    var probes: [String]
    var views: [String]
    var labels: [Double]
    var samples: Int
    var images: Int
  }

  let kind: Kind
  /// The configuration file, as it was given.
  let config: String
  /// The base configuration: the file with `--set`.
  let configuration: String
  let evaluation: Evaluation
  var variants: [Entry]

  private static let name = "comparison.json"

  static func read(from folder: String) throws -> ComparisonRecord? {
    let path = folder + "/" + name
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    do {
      return try JSONDecoder().decode(
        ComparisonRecord.self, from: Data(contentsOf: URL(filePath: path)))
    } catch {
      throw FileError(
        path: path, action: "read",
        reason: "it is no record of a comparison; move it away, or name another folder")
    }
  }

  func write(to folder: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(Array(encoder.encode(self)), to: folder + "/" + Self.name)
  }

  /// Takes over what an earlier session has done. Models may be added; nothing else may differ.
  mutating func resume(_ earlier: ComparisonRecord, in folder: String) throws {
    func refuse(_ reason: String) -> CommandError {
      CommandError(
        "\(folder) holds a comparison with other settings: \(reason); repeat its settings, or name "
          + "another folder")
    }
    guard earlier.kind == kind else {
      throw refuse("it was made by jepa \(earlier.kind.rawValue), this is jepa \(kind.rawValue)")
    }
    let source = folder + "/" + Self.name
    let before = try TrainingConfiguration(yaml: earlier.configuration, source: source)
    let now = try TrainingConfiguration(yaml: configuration, source: source)
    if let list = now.meaningfulDifferences(from: before) { throw refuse(list) }
    let (old, new) = (earlier.evaluation, evaluation)
    for (option, was, isNow) in [
      ("--probe", "\(old.probes)", "\(new.probes)"),
      ("--encoder and --layers", "\(old.views)", "\(new.views)"),
      ("--labels", "\(old.labels)", "\(new.labels)"),
      ("--samples", "\(old.samples)", "\(new.samples)"),
      ("--images", "\(old.images)", "\(new.images)"),
    ] where was != isNow {
      throw refuse("\(option) was \(was) and is now \(isNow)")
    }
    for entry in earlier.variants {
      guard
        let place = variants.firstIndex(where: { $0.name == entry.name && $0.seed == entry.seed })
      else {
        throw refuse("it has \(entry.name) with seed \(entry.seed), which is not asked for now")
      }
      guard variants[place].overrides == entry.overrides, variants[place].folder == entry.folder
      else {
        throw refuse(
          "\(entry.name) was \(entry.overrides.joined(separator: " ")) in \(entry.folder) and is now "
            + variants[place].overrides.joined(separator: " ") + " in \(variants[place].folder)")
      }
      variants[place].state = entry.state
    }
  }
}
