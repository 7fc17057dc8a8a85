import Foundation
import JEPA
import JEPATensor

/// Why there is nothing to report of.
public struct ReportError: Error, Equatable, CustomStringConvertible {
  public let description: String
}

/// Runs that are alike but for their seed.
public struct ReportVariant: Sendable {
  public let name: String
  /// What was set for it, as `section.key=value`.
  public let overrides: [String]
  public internal(set) var runs: [ReportRun]

  /// The run that stands for all where one must.
  var first: ReportRun? { runs.first }
  /// Of its configuration.
  var headName: String? { runs.lazy.compactMap(\.headName).first }
}

/// All that a report is about.
public struct ReportSource: Sendable {
  public enum Kind: Sendable, Equatable { case run, runs, comparison, ablation }

  public internal(set) var kind: Kind
  public internal(set) var title: String
  public internal(set) var variants: [ReportVariant]
  var table: TableFile?
  public internal(set) var missing: [MissingPart]

  /// Reads run folders, and folders of comparisons for the runs in them.
  ///
  /// - Throws: ``ReportError`` for a path that is none of these.
  public init(paths: [String]) throws {
    require(!paths.isEmpty, "ReportSource: no paths")
    (kind, title, variants, missing) = (.run, "", [], [])
    for path in paths {
      let path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw ReportError(
          description: "\(path): there is no such folder; name a run or a comparison")
      }
      guard isFolder.boolValue else {
        throw ReportError(description: "\(path) is a file; name the folder of a run")
      }
      if Self.isRun(path) {
        add(name: Self.name(of: path), overrides: [], run: ReportRun(path: path))
      } else {
        try addComparison(path)
      }
    }
    if kind == .run, variants.count > 1 { kind = .runs }
    let names = paths.map(Self.name(of:))
    title = names.count > 3 ? "\(names.count) runs" : NumberText.enumeration(names)
    takeTable(paths)
  }

  public var runs: [ReportRun] { variants.flatMap(\.runs) }

  private static func isRun(_ path: String) -> Bool {
    let files = ReportFiles(path)
    return !files.exists("comparison.json")
      && (files.exists("config.yaml") || files.exists("metrics.csv"))
  }

  private static func name(of path: String) -> String {
    URL(filePath: path).standardizedFileURL.lastPathComponent
  }

  /// Adds a run to its variant; another variant of the name gets a number.
  private mutating func add(name: String, overrides: [String], run: ReportRun) {
    var run = run
    if kind != .run, let index = variants.firstIndex(where: { $0.name == name }) {
      run.name = name
      variants[index].runs.append(run)
      return
    }
    var unique = name
    var number = 2
    while variants.contains(where: { $0.name == unique }) {
      unique = "\(name) (\(number))"
      number += 1
    }
    run.name = unique
    variants.append(ReportVariant(name: unique, overrides: overrides, runs: [run]))
  }

  private mutating func addComparison(_ path: String) throws {
    var files = ReportFiles(path)
    let found = files.json(JSONValue.self, "comparison.json", way: nil)
    guard let asked = found else {
      missing += files.missing
      let below = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
        .map { "\(path)/\($0)" }.filter(Self.isRun)
      guard !below.isEmpty else {
        throw ReportError(
          description: "\(path) holds neither config.yaml nor comparison.json nor folders of runs; "
            + "name a folder that jepa train, compare or ablate wrote")
      }
      if !files.exists("comparison.json") {
        missing.append(
          MissingPart("comparison.json", "not there; every folder of a run is taken as a variant"))
      }
      for run in below { add(name: Self.name(of: run), overrides: [], run: ReportRun(path: run)) }
      return
    }
    kind = asked["kind"]?.text.map { $0.hasPrefix("ablat") } == true ? .ablation : .comparison
    for variant in asked["variants"]?.list ?? [] {
      guard let name = variant["name"]?.text else { continue }
      let seed = variant["seed"]?.number.map { Int(bounded: $0) }
      let folder = variant[["run", "folder", "run_folder", "path"]]?.text ?? name
      guard variant["state"]?.text != "pending", files.exists(folder) else {
        let which = seed.map { "\(name), seed \($0)" } ?? name
        missing.append(
          MissingPart(which, "not done yet; give the same command again to continue"))
        continue
      }
      add(
        name: name,
        overrides: ["overrides", "also"].flatMap { variant[$0]?.list ?? [] }.compactMap(\.text),
        run: ReportRun(path: files.path(folder), name: name, seed: seed))
    }
    guard !variants.isEmpty else {
      throw ReportError(
        description: "\(path): no variant of the comparison is done; give its command again first")
    }
  }

  /// The table of the comparison, where that is all the report is about.
  private mutating func takeTable(_ paths: [String]) {
    guard kind == .comparison || kind == .ablation, paths.count == 1 else { return }
    var files = ReportFiles(paths[0])
    table = files.json(
      JSONValue.self, "table.json", way: "figures are taken from the runs' own files"
    ).map { TableFile($0) }
    missing += files.missing
  }
}
