import Testing

@testable import JEPA

@Suite struct ConfigurationValueTests {
  @Test(arguments: [
    ("", ConfigurationValue.null), ("~", .null), ("null", .null), ("yes", .boolean(true)),
    ("Off", .boolean(false)), ("0", .integer(0)), ("-12", .integer(-12)), ("+7", .integer(7)),
    ("1_000", .integer(1000)), ("1e-3", .number(1e-3)), ("1.0e-06", .number(1e-6)),
    (".5", .number(0.5)), ("5.", .number(5)), ("-2.5E+3", .number(-2500)),
    (".inf", .number(.infinity)),
    ("-.Inf", .number(-.infinity)), ("99999999999999999999", .number(1e20)),
    // Neither octal, hexadecimal, sexagesimal nor Swift's own spellings are numbers.
    ("010", .string("010")), ("0x10", .string("0x10")), ("1:30", .string("1:30")),
    ("nan", .string("nan")), ("inf", .string("inf")), ("infinity", .string("infinity")),
    ("0x1p3", .string("0x1p3")), ("-", .string("-")), (".", .string(".")), ("e5", .string("e5")),
    ("1-2", .string("1-2")), ("--1", .string("--1")), ("1e", .string("1e")),
    ("2024-01-01", .string("2024-01-01")), ("vit_tiny", .string("vit_tiny")),
  ])
  func readsScalars(_ text: String, _ expected: ConfigurationValue) {
    #expect(ConfigurationValue(plainScalar: text) == expected)
  }

  @Test(arguments: [
    (ConfigurationValue.number(1e-6), "1.0e-06"), (.number(40), "40.0"), (.number(-0.25), "-0.25"),
    (.number(.infinity), ".inf"), (.number(.nan), ".nan"), (.string("a/b-c.d"), "a/b-c.d"),
    (.string("true"), "\"true\""), (.string("1e5"), "\"1e5\""), (.string(""), "\"\""),
    (.string("a: b"), "\"a: b\""), (.string("é\n"), "\"é\\n\""), (.string("\u{1}"), "\"\\x01\""),
    (.list([.null, .boolean(true)]), "[null, true]"),
    (
      .table(["b": .integer(1), "a": .null]),
      "{a: null, b: 1}"
    ),
  ])
  func writesYAML(_ value: ConfigurationValue, _ expected: String) {
    #expect(value.yaml == expected)
  }
}
