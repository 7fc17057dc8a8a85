/// Bounds on what is read as a configuration, so that none can exhaust the stack or the memory of its reader:
/// the YAML library calls itself for every level, and each alias repeats all that its anchor holds.
package enum ConfigurationBounds {
  /// Bytes.
  package static let length = 1 << 18
  /// Lists and tables in brackets within each other.
  package static let brackets = 32
  /// The column that a line may begin at; each level of indented lists and tables needs one.
  package static let column = 100
  /// Aliases: 16 hold less than 3⁵·³ times the file, however they are nested.
  package static let aliases = 16

  /// Why `text` is not read; nil where it is within bounds. Brackets and stars in quotes count too.
  package static func excess(in text: String) -> String? {
    let bytes = text.utf8
    guard bytes.count <= length else {
      return "has \(bytes.count) bytes; a configuration has \(length) at most"
    }
    var (open, stars, indentation): (Int, Int, Int?) = (0, 0, 0)
    var previous = UInt8(ascii: "\n")
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "["), UInt8(ascii: "{"): open += 1
      case UInt8(ascii: "]"), UInt8(ascii: "}"): open = max(0, open - 1)
      case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"): break
      default: if previous == UInt8(ascii: "*") { stars += 1 }
      }
      // Dashes, question marks and colons open a level as a blank does.
      if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
        indentation = 0
      } else if let width = indentation {
        indentation = " \t-?:".utf8.contains(byte) ? width + 1 : nil
        if width > column { return "begins a line beyond column \(column); indent it less" }
      }
      if open > brackets { return "holds lists or tables more than \(brackets) deep" }
      if stars > aliases { return "uses more than \(aliases) aliases (*name); write them out" }
      previous = byte
    }
    return nil
  }
}
