import Foundation
import JEPATensor

/// The folder of one run: its configuration, metrics, TensorBoard events, log and checkpoints.
///
/// A folder that was created, or opened to be written to, is this process's as long as a copy of the
/// value is there; another process that asks for it is refused.
public struct RunFolder: Sendable, Equatable {
  /// The folder itself.
  public let path: String
  private let lock: RunLock?

  public static func == (a: RunFolder, b: RunFolder) -> Bool { a.path == b.path }

  /// The configuration the run was started with.
  public var configuration: String { path + "/config.yaml" }
  /// One row per logged step.
  public var metrics: String { path + "/metrics.csv" }
  /// What happened to the run, one JSON object a line.
  public var log: String { path + "/log.jsonl" }
  /// The folder that TensorBoard reads: the run's own, so that `tensorboard --logdir runs` shows
  /// runs by name.
  public var events: String { path }
  /// The folder of checkpoints.
  public var checkpoints: String { path + "/checkpoints" }
  /// The report, where one has been written.
  public var report: String { path + "/report.html" }

  /// The checkpoint of a step: `checkpoints/step-00001200.safetensors`.
  public func checkpoint(step: Int) -> String {
    let digits = String(step)
    let zeros = String(repeating: "0", count: max(0, 8 - digits.count))
    return "\(checkpoints)/\(Self.prefix)\(zeros)\(digits)\(Self.suffix)"
  }

  /// The steps that have a checkpoint, oldest first. Names in another form than a run writes are not a run's.
  public func checkpointSteps() -> [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: checkpoints)) ?? []
    return names.compactMap { name in
      guard name.hasPrefix(Self.prefix), name.hasSuffix(Self.suffix) else { return nil }
      guard let step = Int(name.dropFirst(Self.prefix.count).dropLast(Self.suffix.count)),
        step >= 0,
        checkpoint(step: step) == "\(checkpoints)/\(name)"
      else { return nil }
      return step
    }.sorted()
  }

  /// Removes all but the newest `count` checkpoints; those that `isKept` names stay as well.
  /// - Throws: `FileError`.
  public func removeCheckpoints(
    keepingNewest count: Int, isKept: (_ step: Int) -> Bool = { _ in false }
  ) throws {
    require(count >= 1, "removeCheckpoints: keepingNewest \(count) would remove the latest")
    for step in checkpointSteps().dropLast(count) where !isKept(step) {
      let file = checkpoint(step: step)
      guard unlink(file) == 0 else { throw FileError(path: file, action: "remove") }
    }
  }

  /// Creates the folder of a new run and writes its configuration, `meta.precision: auto` replaced by what it means on
  /// this processor.
  /// - Throws: `FileError` where it cannot be created, holds a run already, or is another process's.
  @discardableResult
  public static func create(at path: String, configuration: TrainingConfiguration) throws
    -> RunFolder
  {
    var folder = RunFolder(path: path)
    func refuseExisting() throws {
      guard FileManager.default.fileExists(atPath: folder.configuration) else { return }
      throw FileError(
        path: path, action: "create the run folder",
        reason: "it holds a run already; continue that with --resume, or name another folder")
    }
    _ = try RunLock.acquire(folder.path, creating: false)
    try refuseExisting()
    try createFolder(folder.checkpoints, of: path)
    folder = RunFolder(path: path, lock: try RunLock.acquire(folder.path))
    try refuseExisting()
    // What a start left that was killed before it had written the configuration. The folder is locked.
    AtomicFile.removePartialFiles(in: path)
    AtomicFile.removePartialFiles(in: folder.checkpoints)
    try folder.write(configuration.resolvingPrecision())
    return folder
  }

  /// Writes the run's configuration, with what tells a whole file from one that was cut.
  /// - Throws: `FileError`.
  package func write(_ settings: TrainingConfiguration) throws {
    try AtomicFile.write(WholeText.marked(settings.yaml()), to: configuration)
  }

  /// Whether there is a run at `path` to go on with; false where there is no such folder, or one that no run has
  /// written to.
  /// - Throws: `FileError` where it is a file, or where checkpoints are there without the run's configuration.
  package static func holdsRun(at path: String) throws -> Bool {
    let folder = RunFolder(path: path)
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      return false
    }
    guard isDirectory.boolValue else {
      throw FileError(
        path: path, action: "open the run folder", reason: "it is a file; name a folder")
    }
    if FileManager.default.fileExists(atPath: folder.configuration) { return true }
    guard folder.checkpointSteps().isEmpty else {
      throw FileError(
        path: path, action: "open the run folder",
        reason:
          "it holds checkpoints but no config.yaml; put the run's configuration there, or name "
          + "another folder")
    }
    return false
  }

  /// Opens the folder of an earlier run.
  ///
  /// - Parameter readOnly: for those that only read, beside another process that may be training there.
  ///   Otherwise the folder becomes this process's, and what an interrupted write left there is cleared.
  /// - Throws: `FileError` where it holds no run, or is to be written to and another process's.
  public static func open(at path: String, readOnly: Bool = false) throws -> RunFolder {
    let folder = RunFolder(path: path)
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw FileError(
        path: path, action: "open the run folder",
        reason: "there is no such folder; check the path, or leave out --resume to start a run")
    }
    guard isDirectory.boolValue else {
      throw FileError(
        path: path, action: "open the run folder", reason: "it is a file; name a folder")
    }
    guard FileManager.default.fileExists(atPath: folder.configuration) else {
      throw FileError(
        path: path, action: "open the run folder",
        reason: "it holds no config.yaml, so that it is not the folder of a run; check the path")
    }
    try folder.requireRegularFiles()
    try WholeText.require(folder.configuration)
    if readOnly { return folder }
    let locked = RunFolder(path: path, lock: try RunLock.acquire(folder.path))
    try createFolder(folder.checkpoints, of: path)
    AtomicFile.removePartialFiles(in: path)
    AtomicFile.removePartialFiles(in: folder.checkpoints)
    return locked
  }

  /// The folder of a run that another process reads and writes; nothing is looked for there.
  public static func ofAnotherProcess(at path: String) -> RunFolder { RunFolder(path: path) }

  private static let prefix = "step-"
  private static let suffix = ".safetensors"

  private init(path: String, lock: RunLock? = nil) {
    self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    self.lock = lock
  }

  /// This folder, to be written to by this process alone.
  /// - Throws: `FileError` where it is another process's.
  func locked() throws -> RunFolder {
    lock == nil ? RunFolder(path: path, lock: try RunLock.acquire(path)) : self
  }

  /// Refuses pipes and devices under the names of a run's files, which would keep their reader waiting.
  private func requireRegularFiles() throws {
    let files = [configuration, metrics, log] + checkpointSteps().map { checkpoint(step: $0) }
    for file in files {
      var status = stat()
      guard stat(file, &status) == 0, status.st_mode & S_IFMT != S_IFREG else { continue }
      throw FileError(
        path: file, action: "read", reason: "it is not a regular file; move it away")
    }
  }

  /// `mkdir -p`, with the system's reason where it fails.
  private static func createFolder(_ folder: String, of run: String) throws {
    var made = folder.hasPrefix("/") ? "/" : ""
    for part in folder.split(separator: "/") {
      made += made.isEmpty || made == "/" ? String(part) : "/\(part)"
      if mkdir(made, 0o755) == 0 { continue }
      let code = errno
      // Beside EEXIST, an existing parent may answer EROFS or EACCES.
      var isDirectory: ObjCBool = false
      if FileManager.default.fileExists(atPath: made, isDirectory: &isDirectory),
        isDirectory.boolValue
      {
        continue
      }
      let reason = code == EEXIST ? "\(made) is a file" : String(cString: strerror(code))
      throw FileError(path: run, action: "create the run folder", reason: reason)
    }
  }
}
