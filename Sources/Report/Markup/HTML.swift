/// A piece of markup, HTML or the SVG within it, whose text is escaped.
///
/// String literals and interpolations are *text*: whatever a run folder's names hold stays text. Markup
/// comes from ``element(_:_:_:)`` alone.
public struct HTML: Sendable, Equatable {
  /// As it stands in the file.
  public let markup: String

  fileprivate init(markup: String) { self.markup = markup }

  public static let empty = HTML(markup: "")

  /// Text, escaped.
  public init(_ text: String) { markup = Self.escaped(text) }

  /// `<name attributes>children</name>`.
  ///
  /// - Parameter attributes: in this order; those of value nil are left out.
  public static func element(
    _ name: String, _ attributes: KeyValuePairs<String, String?> = [:], _ children: [HTML] = []
  ) -> HTML {
    var text = "<" + name
    for (key, value) in attributes {
      if let value { text += " \(key)=\"\(escaped(value))\"" }
    }
    if voidElements.contains(name) { return HTML(markup: text + ">") }
    if children.isEmpty, selfClosing.contains(name) { return HTML(markup: text + "/>") }
    return HTML(
      markup: text + ">" + children.map(\.markup).joined() + "</\(name)>")
  }

  /// One after the other.
  public static func group(_ parts: [HTML]) -> HTML {
    HTML(markup: parts.map(\.markup).joined())
  }

  /// A style sheet, which the text of an element would spoil by escaping. Not for text of others.
  static func style(_ css: StaticString) -> HTML { HTML(markup: "<style>\(css)</style>") }

  /// A whole page.
  static func document(language: String, head: [HTML], body: [HTML]) -> String {
    "<!DOCTYPE html>\n"
      + element(
        "html", ["lang": language], [element("head", [:], head), element("body", [:], body)]
      ).markup + "\n"
  }

  private static let voidElements: Set = ["br", "col", "hr", "img", "link", "meta", "wbr"]
  /// Of SVG, which has no void elements.
  private static let selfClosing: Set = ["circle", "image", "line", "path", "rect", "use"]

  /// With the characters that have a meaning in markup replaced, and control characters, which no
  /// document may hold, left out.
  static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\t", "\n": result.unicodeScalars.append(scalar)
      default:
        if scalar.value >= 0x20, !(0x7F...0x9F ~= scalar.value) {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result
  }
}

extension HTML: ExpressibleByStringInterpolation {
  public init(stringLiteral value: String) { self.init(value) }
}
