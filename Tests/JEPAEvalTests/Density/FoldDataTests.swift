import Foundation
import JEPAEval
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct FoldDataTests {
  private static let fold = DensityFold(
    name: "2", training: [0, 1], validation: [2], test: [3])

  private func table(_ text: String) throws -> Table {
    let file = try TemporaryFile(text)
    return try Table(contentsOf: file.path)
  }

  /// Scaled by training and validation rows: mean 2 and deviation √(8/3) of 0, 2, 4.
  @Test func testRowsDoNotScale() throws {
    let data = try FoldData(
      try table("a,b,c\n0,1,10\n2,3,10\n4,8,40\n1000,4,20\n"), fold: Self.fold, conditions: [1])
    let deviation = (8.0 / 3).squareRoot()
    #expect(data.means == [2, 4, 20])
    expectClose(
      data.deviations, [deviation, (26.0 / 3).squareRoot(), 200.0.squareRoot()], relative: 1e-15)
    #expect(data.training.targets.shape == [2, 2] && data.training.contexts.shape == [2, 1])
    expectClose(
      data.test.targets.doubles(), [998 / deviation, 0], absolute: 1e-15, relative: 1e-15)
    #expect(data.test.contexts.doubles() == [0])
    #expect(data.notTest.rows == 3 && data.validation.rows == 1)
    #expect(data.test.cast(to: .float32).targets.dtype == .float32)
  }

  @Test func withoutConditionsContextsHaveNoColumns() throws {
    let data = try FoldData(try table("a\n0\n1\n2\n3\n"), fold: Self.fold)
    #expect(data.training.contexts.shape == [2, 0] && data.test.contexts.shape == [1, 0])
  }

  /// The mean of three 0.1 is not 0.1 in binary, and still the column is constant.
  @Test(arguments: ["5", "0.1", "0", "-1e-3", "123456789.1"])
  func constantColumnsAreRefused(_ value: String) throws {
    let table = try table("a,b\n1,\(value)\n2,\(value)\n3,\(value)\n4,7\n")
    let error = #expect(throws: TableError.self) { try FoldData(table, fold: Self.fold) }
    #expect(
      error?.description
        == "\(table.path): column \"b\" is constant in the training rows of fold 2, so its density "
        + "has no bound; --drop it")
  }

  @Test func columnsTooLargeToSquareAreRefused() throws {
    let table = try table("a\n1e300\n-1e300\n1e299\n0\n")
    let error = #expect(throws: TableError.self) { try FoldData(table, fold: Self.fold) }
    #expect(error?.description.contains("column \"a\" holds values too large") ?? false)
  }
}
