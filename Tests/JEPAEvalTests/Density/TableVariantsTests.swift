import Foundation
import Testing

@testable import JEPAEval

/// Tables as pandas, R, NumPy, Excel and old programs write them.
@Suite struct TableVariantsTests {
  private func table(
    _ data: Data, delimiter: Character = ",", header: Table.Header = .automatic,
    dropping: [String] = []
  ) throws -> Table {
    let file = try TemporaryFile(data)
    return try Table(
      contentsOf: file.path, delimiter: delimiter, header: header, dropping: dropping)
  }

  private func table(
    _ text: String, delimiter: Character = ",", header: Table.Header = .automatic,
    dropping: [String] = []
  ) throws -> Table {
    try table(Data(text.utf8), delimiter: delimiter, header: header, dropping: dropping)
  }

  private func refusal(
    _ text: String, delimiter: Character = ",", header: Table.Header = .automatic
  ) -> String {
    let error = #expect(throws: TableError.self) {
      try table(text, delimiter: delimiter, header: header)
    }
    return error?.description ?? ""
  }

  /// The index that pandas and R write is not a column, and that is said.
  @Test(arguments: [
    ",a,b\n0,1,2\n1,3,4\n",  // pandas
    "\"\",\"a\",\"b\"\n\"1\",1,2\n\"2\",3,4\n",  // R, write.csv
    ",a,b\nMazda,1,2\n\"Fiat, red\",3,4\n",  // names of rows
    ",a,b\n2020-01-01,1,2\n2020-01-02,3,4\n",  // dates
    ",a,b\n17,1,2\n5,3,4\n",  // what is left after a shuffle
    "a,b\n1,1,2\n2,3,4\n",  // R, write.table
    "a,b\nMazda,1,2\nFiat,3,4\n",
    "Unnamed: 0,a,b\n0,1,2\n1,3,4\n",  // pandas, read and written again
    "\u{FEFF},a,b\r\n0,1,2\r\n1,3,4\r\n",
  ])
  func anIndexIsLeftOut(_ text: String) throws {
    let table = try table(text)
    #expect(table.columns == ["a", "b"] && table.values == [1, 2, 3, 4])
    #expect(table.notices.count == 1 && table.notices[0].contains("left out"))
  }

  /// What might be a value is no index.
  @Test(arguments: [
    (",b\n1.5,2\n2,3\n", ":1: column 1 has no name in the header; name it"),
    ("a,b\n0.5,1,2\n0.25,3,4\n", ":2: 3 fields under 2 columns"),
    ("a,b\n1,1,2\n2,3,4\n3,5\n", ":2: 3 fields under 2 columns"),
    ("a,,c\n1,2,3\n", ":1: column 2 has no name in the header; name it"),
  ])
  func othersWithoutNamesAreRefused(_ text: String, _ message: String) {
    #expect(refusal(text).contains(message), "\(refusal(text))")
  }

  /// A column with a name that counts the rows is kept, and pointed out unless it is dropped.
  @Test func countingColumnsArePointedOut() throws {
    let text = "id,a\n" + (0..<12).map { "\($0 + 1),\($0 * $0)\n" }.joined()
    let kept = try table(text)
    #expect(kept.columns == ["id", "a"])
    #expect(kept.notices.count == 1 && kept.notices[0].contains("\"id\" counts the rows"))
    #expect(try table(text, dropping: ["id"]).notices == [])
    #expect(try table("id,a\n1,5\n2,5\n").notices == [])
  }

  @Test func headersOfNumbersAreAskedFor() throws {
    #expect(refusal("400,410\n1,2\n").contains("give --no-header if they are values, or --header"))
    let named = try table("400,410\n1,2\n", header: .present)
    #expect(named.columns == ["400", "410"] && named.values == [1, 2])
    let bare = try table("400,410\n1,2\n", header: .absent, dropping: ["1"])
    #expect(bare.columns == ["2"] && bare.values == [410, 2] && bare.lines == [1, 2])
    // pandas numbers columns that have no names, and its index says that this is a header.
    #expect(try table(",0,1\n0,5,6\n1,7,8\n").columns == ["0", "1"])
    // Words that Swift reads as numbers.
    #expect(try table("inf,nan\n1,2\n").columns == ["inf", "nan"])
    #expect(try table("# a,b\n1,2\n").columns == ["a", "b"])
  }

  /// Lines that end in delimiters, in the header, in the values or in both.
  @Test(arguments: [
    "a;b;\n1;2;\n3;4;\n", "a;b;;\n1;2;;\n3;4;;\n", "a;b\n1;2;\n3;4;\n", "a;b;;\n1;2\n3;4\n",
    "a;b\n1;2;;\n3;4\n", "a;b; ;\n1;2;\t;\n3;4;;\n", "a;b\n1;2\n3;4\n;\n;;\n",
  ])
  func trailingDelimitersAreNoColumns(_ text: String) throws {
    let table = try table(text, delimiter: ";")
    #expect(table.columns == ["a", "b"] && table.values == [1, 2, 3, 4])
    #expect(table.notices == [])
  }

  @Test func aMissingLastCellIsStillMissing() {
    #expect(refusal("a,b,c\n1,2,\n").contains(":2: column \"c\" has a missing cell"))
    #expect(refusal("a,b,c\n1,2\n").contains(":2: 2 fields under 3 columns"))
  }

  @Test(arguments: [
    "a b\n1 2\n3 4\n", "  a   b\n   1   2\n   3\t4  \n", "a\tb\r\n1\t\t2\r\n3 4\r\n",
    "\"a\"  \"b\"\n1 2\n\n3 4",
  ])
  func runsOfBlanksSeparate(_ text: String) throws {
    let table = try table(text, delimiter: " ")
    #expect(table.columns == ["a", "b"] && table.values == [1, 2, 3, 4])
  }

  @Test func blanksThatSeparateAreNamed() {
    #expect(refusal(" 1.5  2\n 3  4\n").contains("such as blanks"))
    #expect(refusal("a b\n1 2\n").contains("such as blanks"))
    #expect(refusal("a;b\n1;2\n").contains("such as ';'"))
    #expect(refusal("a\tb\n1\t2\n").contains("such as tab"))
    #expect(refusal("a,b\n1,2\n", delimiter: ";").contains("such as ','"))
  }

  @Test func carriageReturnsAloneEndLines() throws {
    let table = try table("a,b\r1,2\r\"3\",4\r")
    #expect(table.columns == ["a", "b"] && table.values == [1, 2, 3, 4])
    #expect(table.lines == [2, 3])
  }

  @Test func utf16IsRead() throws {
    for (mark, order) in [([0xFF, 0xFE] as [UInt8], false), ([0xFE, 0xFF], true)] {
      let units = Array("µ\tb\n1\t2\n".utf16)
      let bytes = units.flatMap {
        order ? [UInt8($0 >> 8), UInt8($0 & 255)] : [UInt8($0 & 255), UInt8($0 >> 8)]
      }
      let table = try table(Data(mark + bytes), delimiter: "\t")
      #expect(table.columns == ["µ", "b"] && table.values == [1, 2])
    }
  }

  @Test func excelsFirstLineIsHeeded() throws {
    let table = try table("sep=;\r\na;b\r\n1;2\r\n", delimiter: ";")
    #expect(table.columns == ["a", "b"] && table.lines == [3])
    #expect(refusal("sep=;\na;b\n1;2\n").contains(":1: says that \";\" separates the fields"))
  }

  @Test(arguments: ["0x10", "0X1F", "-0x2p3", "0x1.8"])
  func hexadecimalIsNoNumber(_ text: String) {
    let message = refusal("a,b\n1,\(text)\n")
    #expect(message.contains("column \"b\" holds \"\(text)\", not a number"), "\(message)")
    #expect(message.contains("hexadecimal"), "\(message)")
  }

  @Test(arguments: [".", "-", "--", "#N/A", "<NA>", "NaT", "-nan"])
  func marksOfMissingCells(_ mark: String) {
    #expect(refusal("a,b\n1,\(mark)\n").contains("column \"b\" has a missing cell (\(mark))"))
  }

  @Test(arguments: [
    (["p (hPa, abs)"], ["a", "b", "c"]), (["a,p (hPa, abs),c"], ["b"]),
    (["a", "p (hPa, abs)", "c"], ["b"]), ([" a , b "], ["p (hPa, abs)", "c"]), ([""], nil),
  ])
  func namesWithCommasAreDropped(_ dropped: [String], _ kept: [String]?) throws {
    let table = try table("a,\"p (hPa, abs)\",b,c\n1,2,3,4\n", dropping: dropped)
    #expect(Set(table.columns) == Set(kept ?? ["a", "p (hPa, abs)", "b", "c"]))
    #expect(
      try table.indices(of: table.columns.joined(separator: ","), option: "--x").count
        == table.columns.count)
  }

  private func column(_ values: [Double]) throws -> [String] {
    try table("a,b\n" + values.map { "\($0),1\n" }.joined()).suspectedFillValues()
  }

  /// 1e20, -9999 and their like lie far from all else; ordinary columns, and heavy tails, do not.
  @Test func fillValuesAreSuspected() throws {
    let ordinary = (0..<50).map { sin(Double($0) * 1.7) }
    #expect(try column(ordinary) == [])
    #expect(try column(ordinary.map { exp(2 * $0) }) == [])
    for mark in [1e20, -9999, 9.969_209_968_386_869e36, -32768] {
      let found = try column(ordinary + [mark])
      #expect(found.count == 1 && found[0].contains(":52: column \"a\" holds "), "\(found)")
    }
    let twice = try column([-999] + ordinary + [-999])
    #expect(twice.count == 1 && twice[0].contains(":2: ") && twice[0].contains("1 other row does"))
    #expect(twice[0].contains("remove the rows"))
  }
}
