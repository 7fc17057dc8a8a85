import Foundation
import Testing

@testable import JEPA

@Suite struct MetricsCSVTests {
  private static let columns = ["step", "epoch", "loss", "knn"]

  private func text(_ path: String) throws -> String {
    String(decoding: try FileError.contents(of: path), as: UTF8.self)
  }

  @Test func writesRowsUnderTheHeader() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/metrics.csv"
    let metrics = try MetricsCSV(path: path, columns: Self.columns)
    try metrics.append(step: 10, ["epoch": 0, "loss": 0.1 + 0.2])
    try metrics.append(step: 20, ["loss": .nan, "knn": 1e-7])
    #expect(
      try text(path) == """
        step,epoch,loss,knn
        10,0,0.30000000000000004,
        20,,nan,1e-07

        """)
    let rows = try MetricsCSV.rows(of: path)
    #expect(rows.count == 2)
    #expect(rows[0] == ["step": 10, "epoch": 0, "loss": 0.1 + 0.2])
    #expect(rows[1]["loss"]?.isNaN == true)
    #expect(rows[1]["epoch"] == nil)
  }

  @Test func resumingCutsLaterRowsAndATornLine() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/metrics.csv"
    try AtomicFile.write(
      "step,epoch,loss,knn\n10,0,1,\n20,0,2,\n30,1,3,\n2", to: path)
    let metrics = try MetricsCSV(path: path, columns: Self.columns, resumedStep: 20)
    try metrics.append(step: 30, ["loss": 4])
    #expect(try text(path) == "step,epoch,loss,knn\n10,0,1,\n20,0,2,\n30,,4,\n")
  }

  @Test func columnsAreAddedAndKept() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/metrics.csv"
    let metrics = try MetricsCSV(path: path, columns: Self.columns)
    try metrics.append(step: 1, ["loss": 1])
    let wider = try metrics.adding(["mine", "other"])
    try wider.append(step: 2, ["other": 3])
    #expect(try text(path) == "step,epoch,loss,knn,mine,other\n1,,1,,,\n2,,,,,3\n")
    // A resumed run that announces the first columns alone keeps the others.
    let resumed = try MetricsCSV(path: path, columns: Self.columns, resumedStep: 2)
    #expect(resumed.columns == Self.columns + ["mine", "other"] && resumed.notice == nil)
    #expect(try resumed.rows(step: 2) == [["step": 2, "other": 3]])
    // Columns twice are no columns of ours.
    try AtomicFile.write("step,epoch,loss,knn,a,a\n", to: path)
    #expect(throws: FileError.self) {
      try MetricsCSV(path: path, columns: Self.columns, resumedStep: 2)
    }
  }

  @Test func resumingDropsDamagedRowsAndSaysSo() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/metrics.csv"
    let zeros = String(repeating: "\0", count: 40)
    try AtomicFile.write(
      "step,epoch,loss,knn\r\n1,0,1,\r\n2,0,2,\n3,0,3\n4,0,0x1p3,\n5,0,5.o,\n\(zeros)6,0,6,\n-7,0,7,\n"
        + "99999999999999999999,0,1,\n8,0,nan,1\n9,0", to: path)
    let metrics = try MetricsCSV(path: path, columns: Self.columns, resumedStep: 20)
    #expect(
      metrics.notice
        == "\(path): 7 damaged rows are dropped: 1 with the fault \"a block of zeros\", 1 with the fault "
        + "\"torn\", 1 with the fault \"the wrong number of columns\", 4 with the fault \"not a number\""
    )
    try metrics.append(step: 10, ["loss": 4])
    #expect(try text(path) == "step,epoch,loss,knn\n1,0,1,\n2,0,2,\n8,0,nan,1\n10,,4,\n")
    #expect(try MetricsCSV.rows(of: path).count == 4)
    #expect(try metrics.rows(step: 10) == [["step": 10, "loss": 4]])
    let counts = metrics.rowCounts(step: 8)
    #expect(counts.before == 2 && counts.at == 1)
    #expect(try MetricsCSV(path: path, columns: Self.columns, resumedStep: 20).notice == nil)
  }

  @Test func aHeaderOfZerosIsWrittenAnew() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/metrics.csv"
    try AtomicFile.write("\0\0\0\0\0\0knn\n1,0,1,\n", to: path)
    let metrics = try MetricsCSV(path: path, columns: Self.columns, resumedStep: 20)
    #expect(metrics.notice?.contains("1 damaged row is dropped") == true)
    #expect(try text(path) == "step,epoch,loss,knn\n1,0,1,\n")
  }

  @Test func readsRowsThatEndWithCRLF() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/metrics.csv"
    try AtomicFile.write("step,loss\r\n1,2\r\n", to: path)
    #expect(try MetricsCSV.rows(of: path) == [["step": 1, "loss": 2]])
  }

  @Test func neitherFollowsALinkNorWaitsForAPipe() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/file"
    let refusal = "cannot write \(path): it is not a regular file; move it away"
    #expect(mkfifo(path, 0o600) == 0)
    expect(refusal) { try AppendOnlyFile(creating: path) }
    #expect(unlink(path) == 0 && symlink("target", path) == 0)
    expect(refusal) { try AppendOnlyFile(creating: path) }
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/target"))
  }

  @Test func resumingWithoutAFileStartsOne() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/metrics.csv"
    _ = try MetricsCSV(path: path, columns: Self.columns, resumedStep: 20)
    #expect(try text(path) == "step,epoch,loss,knn\n")
    // A process that stopped before it had written the header leaves nothing to keep.
    try AtomicFile.write("step,ep", to: path)
    _ = try MetricsCSV(path: path, columns: Self.columns, resumedStep: 20)
    #expect(try text(path) == "step,epoch,loss,knn\n")
  }

  @Test func startingAnewEmptiesTheFile() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/metrics.csv"
    try AtomicFile.write("anything", to: path)
    _ = try MetricsCSV(path: path, columns: Self.columns)
    #expect(try text(path) == "step,epoch,loss,knn\n")
  }

  @Test func refusesAnotherHeader() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/metrics.csv"
    let old = "step,loss\n10,1\n"
    try AtomicFile.write(old, to: path)
    expect(
      "cannot resume \(path): its columns are step,loss, where this run writes step,epoch,loss,knn; "
        + "move the file away, or resume with the version and settings that wrote it"
    ) { try MetricsCSV(path: path, columns: Self.columns, resumedStep: 10) }
    #expect(try text(path) == old)
  }

  @Test func readingNamesTheBadLine() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/metrics.csv"
    try AtomicFile.write("step,loss\n1,2\n3\n", to: path)
    expect("cannot read \(path): line 3 holds 1 cells under 2 columns") {
      try MetricsCSV.rows(of: path)
    }
    try AtomicFile.write("step,loss\n1,two\n", to: path)
    expect("cannot read \(path): line 2 holds \"two\", not a number") {
      try MetricsCSV.rows(of: path)
    }
    expect("cannot write \(folder.path)/none/m.csv: No such file or directory") {
      try MetricsCSV(path: folder.path + "/none/m.csv", columns: ["step"])
    }
  }
}
