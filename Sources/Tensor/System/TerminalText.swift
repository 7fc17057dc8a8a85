/// Text for a terminal, of which parts may come from outside: file names, names of tensors, cells of tables, values of
/// configurations. Characters that a terminal obeys, or that change the order in which others are shown, are shown as
/// escapes: `\u{1b}`.
package enum TerminalText {
  /// A text as one line.
  package static func line(_ text: String) -> String { shown(text, keeping: []) }

  /// A text of several lines.
  package static func lines(_ text: String) -> String { shown(text, keeping: ["\n", "\t"]) }

  private static func shown(_ text: String, keeping kept: Set<Unicode.Scalar>) -> String {
    guard text.unicodeScalars.contains(where: { isControl($0) && !kept.contains($0) }) else {
      return text
    }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if !isControl(scalar) || kept.contains(scalar) {
        result.append(scalar)
      } else {
        result.append(contentsOf: escape(scalar).unicodeScalars)
      }
    }
    return String(result)
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": "\\n"
    case "\r": "\\r"
    case "\t": "\\t"
    default: "\\u{" + String(scalar.value, radix: 16) + "}"
    }
  }

  /// Control characters (C0, DEL, C1), line and paragraph separators, and what turns the direction of writing.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x61C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
