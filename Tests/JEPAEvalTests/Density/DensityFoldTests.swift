import Foundation
import JEPAEval
import JEPATensor
import Testing

@Suite struct DensityFoldTests {
  private func table(rows: Int) throws -> Table {
    let lines = (0..<rows).map { "\($0),\(($0 * 7) % 5)" }
    let file = try TemporaryFile("a,b\n" + lines.joined(separator: "\n"))
    return try Table(contentsOf: file.path)
  }

  private func read(_ text: String, rows: Int = 8) throws -> [DensityFold] {
    let file = try TemporaryFile(text)
    return try DensityFold.read(contentsOf: file.path, table: try table(rows: rows))
  }

  @Test func theHighestNumberStopsAndTheOthersTrain() throws {
    let folds = try read(
      "fold,part,row\n1,1,0\n1,10,1\n1,2,2\n1,test,3\n1,1,4\n2,1,3\n2,2,2\n2,test,0\n2,test,7\n")
    #expect(
      folds == [
        DensityFold(name: "1", training: [0, 4, 2], validation: [1], test: [3]),
        DensityFold(name: "2", training: [3], validation: [2], test: [0, 7]),
      ])
  }

  @Test func oneNumberIsAllForTraining() throws {
    let folds = try read("row,fold,part\r\n0,x,1\r\n1,x,1\r\n2,x,test\r\n")
    #expect(folds == [DensityFold(name: "x", training: [0, 1], validation: [], test: [2])])
  }

  @Test(arguments: [
    ("fold,part,row\n1,1,8\n", ":2: column \"row\" holds \"8\"; ", "has rows 0 to 7"),
    ("fold,part,row\n1,1,-1\n", ":2: column \"row\" holds \"-1\"; ", "has rows 0 to 7"),
    ("fold,part,row\n1,1,1.5\n", ":2: column \"row\" holds \"1.5\"; ", "has rows 0 to 7"),
    ("fold,part,row\n1,valid,1\n", ":2: column \"part\" holds \"valid\"", "a number or test"),
    ("fold,part,row\n,1,1\n", ":2: column \"fold\" has a missing cell", "fill it"),
    (
      "fold,part,row\n1,1,3\n2,1,3\n1,test,3\n", ":4: row 3 is in part 1 of fold 1 already",
      "list it once"
    ),
    ("fold,part,row\n1,1,3\n1,1,3\n", ":3: row 3 is in part 1 of fold 1 already", "once"),
    ("fold,part,row\n1,1,3\n", ": fold 1 has no test rows", "the part test"),
    ("fold,part,row\n7,test,3\n", ": fold 7 has no training rows", "with a number"),
    ("fold,part,row\n", ": lists no rows", "list every fold's"),
    ("fold,part,line\n1,1,1\n", ": has no column \"row\" for --folds", "nearest"),
    ("fold,part,row\n1,1\n", ":2: 2 fields under 3 columns", "complete"),
  ])
  func refusalsNameThePlace(_ text: String, _ beginning: String, _ part: String) throws {
    let file = try TemporaryFile(text)
    let table = try table(rows: 8)
    let error = #expect(throws: TableError.self) {
      try DensityFold.read(contentsOf: file.path, table: table)
    }
    let message = error?.description ?? ""
    #expect(message.hasPrefix(file.path + beginning) && message.contains(part), "\(message)")
  }

  /// Test parts partition the rows; within a fold no row has two parts.
  @Test(arguments: [(40, 10), (41, 10), (5, 2), (4, 4)])
  func randomFoldsCoverEveryRowOnce(_ rows: Int, _ count: Int) throws {
    let table = try table(rows: rows)
    let folds = try DensityFold.random(count, table: table, random: RandomSource(seed: 3))
    #expect(folds.map(\.name) == (1...count).map(String.init))
    #expect(folds.flatMap(\.test).sorted() == Array(0..<rows))
    for fold in folds {
      let parts = fold.training + fold.validation + fold.test
      #expect(parts.sorted() == Array(0..<rows))
      let rest = rows - fold.test.count
      #expect(fold.validation.count == max(1, rest / 10) && !fold.training.isEmpty)
    }
    #expect(try DensityFold.random(count, table: table, random: RandomSource(seed: 3)) == folds)
    #expect(try DensityFold.random(count, table: table, random: RandomSource(seed: 4)) != folds)
  }

  @Test func randomFoldsNeedRows() throws {
    let table = try table(rows: 6)
    let one = #expect(throws: TableError.self) {
      try DensityFold.random(1, table: table, random: RandomSource(seed: 0))
    }
    #expect(one?.description.contains("--random-folds 1 leaves nothing to train on") ?? false)
    let many = #expect(throws: TableError.self) {
      try DensityFold.random(7, table: table, random: RandomSource(seed: 0))
    }
    #expect(many?.description.contains("6 rows are too few for --random-folds 7") ?? false)
  }
}
