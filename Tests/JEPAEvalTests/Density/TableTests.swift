import Foundation
import JEPAEval
import Testing

@Suite struct TableTests {
  private func table(
    _ text: String, delimiter: Character = ",", dropping: [String] = []
  ) throws -> Table {
    let file = try TemporaryFile(text)
    return try Table(contentsOf: file.path, delimiter: delimiter, dropping: dropping)
  }

  /// The message of the refusal, without the file's path in front.
  private func refusal(
    _ data: Data, delimiter: Character = ",", dropping: [String] = []
  ) throws -> String {
    let file = try TemporaryFile(data)
    let error = #expect(throws: TableError.self) {
      try Table(contentsOf: file.path, delimiter: delimiter, dropping: dropping)
    }
    let text = error?.description ?? ""
    #expect(text.hasPrefix(file.path + ":") && !text.contains("\n"), "\(text)")
    return String(text.dropFirst(file.path.count + 1))
  }

  @Test func readsNamesValuesAndLines() throws {
    let table = try table("a,b\n1,2\n-3e-1,+4.5\n")
    #expect(table.columns == ["a", "b"] && table.rows == 2 && table.lines == [2, 3])
    #expect(table.values == [1, 2, -0.3, 4.5])
    #expect(table.tensor(rows: [1, 0, 1], columns: [1]).doubles() == [4.5, 2, 4.5])
  }

  /// What programs write differently and mean alike.
  @Test(arguments: [
    "a b,c\n1,2\n3,4",
    "\u{FEFF}a b,c\n1,2\n3,4\n",
    "a b,c\r\n1,2\r\n3,4\r\n",
    "\"a b\",\"c\"\n\"1\",2\n3,\"4\"\n",
    " a b , c \n 1 ,\t2\n3,4 \n",
    "\n\na b,c\n\n1,2\n3,4\n\n",
    "\"a b\" ,\"c\" \r\n\"1\" ,2\r\n3,4\r\n\r\n",
  ])
  func variantsAreTheSameTable(_ text: String) throws {
    let table = try table(text)
    #expect(table.columns == ["a b", "c"] && table.values == [1, 2, 3, 4])
  }

  @Test func quotedFieldsHoldDelimitersQuotesAndLineBreaks() throws {
    let table = try table("\"a;b\";\"say \"\"c\"\"\";\"two\nlines\"\n1;2;3\n", delimiter: ";")
    #expect(table.columns == ["a;b", "say \"c\"", "two\nlines"])
    #expect(table.lines == [3])
  }

  @Test func tabulatorsSeparate() throws {
    #expect(try table("a\tb\n1\t2\n", delimiter: "\t").values == [1, 2])
  }

  @Test func droppedColumnsMayHoldAnything() throws {
    let table = try table("name,a,b\nfoo,1,\n\"x,y\",2,?\n", dropping: ["b", "name"])
    #expect(table.columns == ["a"] && table.values == [1, 2])
  }

  /// Each refusal names the line, the column, the reason and the way out.
  @Test(arguments: [
    ("a,b\n1,2\n3,\n", "3: column \"b\" has a missing cell", "fill it"),
    ("a,b\n1,2\n,4\n", "3: column \"a\" has a missing cell", "--drop the column"),
    ("a,b\n1,NA\n", "2: column \"b\" has a missing cell (NA)", "remove the line"),
    ("a,b\n1,nan\n", "2: column \"b\" has a missing cell (nan)", "fill it"),
    ("a,b\n?,1\n", "2: column \"a\" has a missing cell (?)", "fill it"),
    ("a,colour\n1,red\n", "2: column \"colour\" holds \"red\", not a number", "--drop"),
    ("a,b\n1,\"2,5\"\n", "2: column \"b\" holds \"2,5\", not a number", "with a point"),
    ("a,b\n1,inf\n", "2: column \"b\" holds inf", "--drop the column"),
    ("a,b\n1,1e999\n", "2: column \"b\" holds 1e999", "--drop the column"),
    ("a,b\n1,2\n\n1,2,3\n", "4: 3 fields under 2 columns", "complete or remove the line"),
    ("a,b\n1\n", "2: 1 field under 2 columns", "complete or remove the line"),
    ("a,b\n", " there is a header but not a single row", "under it"),
    ("", " is empty", "name the columns"),
    ("\n\n", " is empty", "name the columns"),
    ("1,2\n3,4\n", "1: the first line holds numbers only", "give --no-header"),
    ("a,a\n1,2\n", "1: column \"a\" is named twice", "rename one"),
    ("a,\n1,2\n", "1: column 2 has no name", "name it"),
    ("a;b;c\n1;2;3\n", "1: the header is the single field \"a;b;c\"", "--delimiter"),
    ("\"a\";\"b\"\n1;2\n", "1: text follows a closing quote", "--delimiter"),
    ("a,b\n\"1,2\n3,4\n", "2: a quote that opens here never closes", "close or remove it"),
  ])
  func refusalsNameThePlace(_ text: String, _ beginning: String, _ part: String) throws {
    let message = try refusal(Data(text.utf8))
    #expect(message.hasPrefix(beginning) && message.contains(part), "\(message)")
  }

  @Test func longTextIsCut() throws {
    let message = try refusal(Data("a\n\(String(repeating: "x", count: 1000))\n".utf8))
    #expect(message.count < 200 && message.contains("…"), "\(message)")
  }

  @Test func bytesThatAreNotTextAreRefused() throws {
    let message = try refusal(Data([0x61, 0x0A, 0xFF, 0xFE, 0x0A]))
    #expect(message == "2: is not UTF-8 text; save the file as UTF-8")
  }

  @Test func unknownColumnsNameTheNearest() throws {
    let text = Data("alcohol,quality\n1,2\n".utf8)
    #expect(
      try refusal(text, dropping: ["qualty"])
        == " has no column \"qualty\" for --drop; the nearest is \"quality\"")
    let file = try TemporaryFile(text)
    let table = try Table(contentsOf: file.path)
    let error = #expect(throws: TableError.self) {
      try table.index(of: "alcohl", option: "--condition")
    }
    #expect(error?.description.contains("for --condition; the nearest is \"alcohol\"") ?? false)
    #expect(try refusal(text, dropping: ["alcohol", "quality"]).contains("no column is left"))
  }

  @Test func delimitersMustSeparate() throws {
    let text = Data("a,b\n1,2\n".utf8)
    #expect(try refusal(text, delimiter: "\"").contains("use a character such as , or ;"))
    #expect(try refusal(text, delimiter: "é").contains("use a character such as , or ;"))
  }

  @Test func absentFilesAndFoldersAreRefused() throws {
    let absent = #expect(throws: TableError.self) { try Table(contentsOf: "absent.csv") }
    #expect(absent?.description == "absent.csv: No such file; check the path")
    let folder = FileManager.default.temporaryDirectory.path
    let error = #expect(throws: TableError.self) { try Table(contentsOf: folder) }
    #expect(error?.description == "\(folder): is a folder; name a CSV file")
  }
}

/// Tables that were made to harm their reader.
@Suite struct HostileTableTests {
  /// Each name was compared with all before it, which took hours for a file of a megabyte.
  @Test func manyColumnsAreReadAtOnce() throws {
    let names = (0..<100_000).map { "c\($0)" }
    let row = [String](repeating: "1", count: names.count).joined(separator: ",")
    let file = try TemporaryFile(names.joined(separator: ",") + "\n" + row + "\n")
    #expect(try Table(contentsOf: file.path).columns.count == 100_000)
  }

  @Test func endlessFilesAreNotReadToTheEnd() {
    let error = #expect(throws: TableError.self) { try Table(contentsOf: "/dev/zero") }
    #expect(
      error?.description
        == "/dev/zero: it has more than the 67108864 bytes that are read; split the table")
  }
}
