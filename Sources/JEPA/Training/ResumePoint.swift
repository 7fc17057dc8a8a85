import Foundation
import JEPATensor

/// Something that opening a run found, for the reader and for the run's log.
struct RunOpeningEvent: Sendable {
  let name: String
  let line: String
  let details: [String: String]

  /// More processes than the shards that a batch was cut into.
  static func changedShards(_ old: Int, _ new: Int) -> RunOpeningEvent {
    RunOpeningEvent(
      name: "changed-shards",
      line:
        "batches were cut into \(old) shards and are now cut into \(new), one a process; the bits that "
        + "follow will differ from those of an undisturbed run",
      details: ["old": String(old), "new": String(new)])
  }

  /// Processes that add shards up in another order.
  static func changedProcesses(_ old: Int, _ new: Int, shards: Int) -> RunOpeningEvent {
    RunOpeningEvent(
      name: "changed-processes",
      line:
        "the processes were \(old) and are \(new), which add up \(shards) shards in another order; the "
        + "bits that follow may differ from those of an undisturbed run",
      details: ["old": String(old), "new": String(new)])
  }
}

/// The newest checkpoint of a run that is whole. The step in a file counts, not the one in its name.
struct ResumePoint {
  /// Nil where the run has written none yet.
  let checkpoint: URL?
  let metadata: [String: String]
  private let damaged: [(name: String, reason: String)]
  private let misnamed: [(name: String, new: String)]

  /// Looks for it, once checkpoints under the name of another step are renamed. Damaged checkpoints after it are put aside under the name `….damaged`.
  ///
  /// - Throws: `FileError` where there are checkpoints and none is whole, or one may not be read.
  init(_ folder: RunFolder) throws {
    var damaged: [(name: String, reason: String)] = []
    misnamed = try Self.renameByContent(folder)
    for step in folder.checkpointSteps().reversed() {
      let path = folder.checkpoint(step: step)
      guard access(path, R_OK) == 0 else { throw FileError(path: path, action: "read") }
      let url = URL(filePath: path)
      do {
        try Checkpoint.verify(url)
      } catch let error as SafetensorsError {
        // A disk that cannot read a part of it is damage; a system that cannot open it, for want of descriptors or
        // memory for instance, is not.
        if let code = error.systemCode, code != EIO { throw error }
        damaged.append((path, error.description))
        continue
      }
      for (path, _) in damaged {
        guard rename(path, path + ".damaged") == 0 else {
          throw FileError(path: path, action: "rename")
        }
      }
      checkpoint = url
      metadata = try SafetensorsFile(url).metadata
      self.damaged = damaged
      return
    }
    if !damaged.isEmpty {
      throw FileError(
        path: folder.path, action: "resume",
        reason: "no checkpoint is whole: " + damaged.map(\.reason).joined(separator: "; ")
          + "; start another run")
    }
    (checkpoint, metadata, self.damaged) = (nil, [:], [])
  }

  /// Gives checkpoints the names of the steps that they hold, where they are whole. One whose name another has
  /// already is put aside under the name `….misnamed`.
  private static func renameByContent(_ folder: RunFolder) throws -> [(name: String, new: String)] {
    var wrong: [(path: String, step: Int)] = []
    for step in folder.checkpointSteps() {
      let path = folder.checkpoint(step: step)
      guard let metadata = try? SafetensorsFile(URL(filePath: path)).metadata,
        let held = metadata["step"].flatMap({ Int($0) }), held != step, held >= 0,
        (try? Checkpoint.verify(URL(filePath: path))) != nil
      else { continue }
      wrong.append((path, held))
    }
    return try wrong.map { path, step in
      let right = folder.checkpoint(step: step)
      let new = access(right, F_OK) == 0 ? path + ".misnamed" : right
      guard rename(path, new) == 0 else { throw FileError(path: path, action: "rename") }
      return (path, URL(filePath: new).lastPathComponent)
    }
  }

  /// Compares what the checkpoint says of its run with the one that is to go on.
  ///
  /// - Returns: what is worth telling.
  /// - Throws: `FileError` where it was another run.
  func check(_ configuration: TrainingConfiguration, _ origin: RunOrigin) throws
    -> [RunOpeningEvent]
  {
    var events = damaged.map { path, reason in
      RunOpeningEvent(
        name: "damaged-checkpoint",
        line: "\(reason); it is kept as \(URL(filePath: path).lastPathComponent).damaged, and "
          + "\(checkpoint?.lastPathComponent ?? "none") is taken",
        details: ["file": URL(filePath: path).lastPathComponent, "cause": reason])
    }
    events += misnamed.map { name, new in
      RunOpeningEvent(
        name: "misnamed-checkpoint",
        line: "\(name) is not the checkpoint that its name says; it is renamed to \(new)",
        details: ["file": URL(filePath: name).lastPathComponent, "new": new])
    }
    guard let checkpoint else { return events }
    func refusal(_ reason: String) -> FileError {
      FileError(
        path: checkpoint.path, action: "resume from",
        reason: reason + ", or start another run")
    }
    if let text = metadata["config"] {
      let stored = try TrainingConfiguration(yaml: text, source: checkpoint.path)
      let differences = ResumeDifferences(configuration, from: stored)
      if let list = differences.refusal {
        throw refusal("its run had other settings: \(list); give the run's own")
      }
      events += differences.told.map { difference in
        RunOpeningEvent(
          name: "changed-setting", line: ResumeDifferences.sentence(difference),
          details: ["key": difference.key, "old": difference.old, "new": difference.new])
      }
    }
    if let dataset = metadata["dataset"], dataset != origin.dataset {
      throw refusal(
        "the data differ: they were \(dataset), and are \(origin.dataset); give the data that the run "
          + "was started with")
    }
    if let program = metadata["program"], program != origin.program {
      events.append(
        RunOpeningEvent(
          name: "changed-program",
          line:
            "the program was \(program) and is \(origin.program); the bits that follow may differ "
            + "from those of an undisturbed run",
          details: ["old": program, "new": origin.program]))
    }
    return events
  }
}
