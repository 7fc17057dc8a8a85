import JEPATensor
import Testing

@Suite struct TerminalTextTests {
  @Test func controlCharactersAreShown() {
    #expect(TerminalText.line("a.jpg") == "a.jpg")
    #expect(TerminalText.line("größe – 16×16 图") == "größe – 16×16 图")
    #expect(TerminalText.line("\u{1B}[2Ja\nb\rc\td\u{7}") == "\\u{1b}[2Ja\\nb\\rc\\td\\u{7}")
    #expect(TerminalText.line("\u{9B}31m\u{7F}") == "\\u{9b}31m\\u{7f}")
    #expect(
      TerminalText.line("\u{202E}gpj.exe\u{2066}\u{2028}") == "\\u{202e}gpj.exe\\u{2066}\\u{2028}")
    // Carriage return and line feed are one Character.
    #expect(TerminalText.line("a\r\nb") == "a\\r\\nb")
    #expect(TerminalText.lines("a\n\tb\u{1B}c\r\n") == "a\n\tb\\u{1b}c\\r\n")
  }
}
