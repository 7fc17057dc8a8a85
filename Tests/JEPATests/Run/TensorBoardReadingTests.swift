import Foundation
import Testing

@testable import JEPA

/// What a real TensorBoard reads. Needs `JEPA_TENSORBOARD_PYTHON`, a Python with `tensorboard`.
@Suite struct TensorBoardReadingTests {
  @Test func tensorBoardReadsWhatIsWritten() throws {
    guard let python = ProcessInfo.processInfo.environment["JEPA_TENSORBOARD_PYTHON"] else {
      print("skipped: JEPA_TENSORBOARD_PYTHON names no Python with tensorboard")
      return
    }
    let folder = try TemporaryFolder()
    do {
      let writer = try TensorBoardWriter(folder: folder.path, time: 1_000)
      for step in stride(from: 0, through: 300, by: 100) {
        try writer.scalar("train/loss", 1 / Double(step + 1), step: step, time: 1_001)
      }
      try writer.scalar("knn — top 1", -2.5, step: 5_000_000_000, time: 1_001)
      try writer.image("masks", png: [1, 2, 255], width: 300, height: 7, step: 100, time: 1_001)
    }
    // A run that resumes after step 100 replaces what was written of steps 200 and 300.
    let resumed = try TensorBoardWriter(folder: folder.path, resumedStep: 100, time: 2_000)
    try resumed.scalar("train/loss", 7, step: 200, time: 2_001)

    let script = try #require(
      Bundle.module.path(forResource: "Resources/read_events", ofType: "py"))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = [script, folder.path]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let json = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    let hundredth = Double(Float(1) / 101)
    #expect(
      json == "{\"images\": {\"masks\": [[100, 300, 7, \"0102ff\"]]}, \"scalars\": "
        + "{\"knn \\u2014 top 1\": [], "
        + "\"train/loss\": [[0, 1.0], [100, \(hundredth)], [200, 7.0]]}}\n")
  }
}
