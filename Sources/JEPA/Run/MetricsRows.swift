/// The lines of a `metrics.csv` that a run can go on from, and why the others cannot.
struct MetricsRows {
  /// What is wrong with a line.
  enum Fault: String, CaseIterable {
    case zeros = "a block of zeros"
    case torn = "torn"
    case columns = "the wrong number of columns"
    case number = "not a number"
  }

  /// The first line, where there is a whole one.
  private(set) var header: String?
  /// The rows that are whole.
  private(set) var rows: [(line: String, step: Int)] = []
  /// How many lines were left out.
  private(set) var dropped: [Fault: Int] = [:]

  /// Checks the bytes of a file; lines end with LF or CR LF.
  init(_ bytes: [UInt8], columns: Int) {
    var lines = Self.lines(of: bytes)
    if let last = lines.popLast(), !last.isEmpty {
      // A file that stops within its header has nothing to lose.
      if !lines.isEmpty { dropped[last.contains(0) ? .zeros : .torn] = 1 }
    }
    for (index, line) in lines.enumerated() {
      if line.contains(0) {
        dropped[.zeros, default: 0] += 1
      } else if index == 0 {
        header = String(decoding: line, as: UTF8.self)
      } else {
        check(line, columns)
      }
    }
  }

  private mutating func check(_ line: ArraySlice<UInt8>, _ columns: Int) {
    let cells = line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    guard cells.count == columns else {
      dropped[.columns, default: 0] += 1
      return
    }
    guard let step = Self.step(cells[0]),
      cells.dropFirst().allSatisfy({ $0.isEmpty || Self.number($0) != nil })
    else {
      dropped[.number, default: 0] += 1
      return
    }
    rows.append((String(decoding: line, as: UTF8.self), step))
  }

  /// The lines of a file without their ends; the last is what follows the last end.
  static func lines(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
      $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0
    }
  }

  /// A number as rows have them; hexadecimal is none.
  static func number(_ cell: ArraySlice<UInt8>) -> Double? {
    guard !cell.contains(where: { $0 | 0x20 == UInt8(ascii: "x") || $0 >= 0x80 }) else {
      return nil
    }
    return Double(String(decoding: cell, as: UTF8.self))
  }

  private static func step(_ cell: ArraySlice<UInt8>) -> Int? {
    guard cell.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
      return nil
    }
    return Int(String(decoding: cell, as: UTF8.self))
  }

  /// One line about what was left out, nil where nothing was.
  func notice(of path: String) -> String? {
    let count = dropped.values.reduce(0, +)
    if count == 0 { return nil }
    let causes = Fault.allCases.compactMap { fault in
      dropped[fault].map { "\($0) with the fault \"\(fault.rawValue)\"" }
    }
    return "\(path): \(count) damaged \(count == 1 ? "row is" : "rows are") dropped: "
      + causes.joined(separator: ", ")
  }
}
