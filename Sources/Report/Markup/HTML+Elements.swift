// The elements that a page is made of.

extension HTML {
  static func paragraph(_ parts: HTML..., style: String? = nil) -> HTML {
    element("p", ["class": style], parts)
  }

  /// A paragraph of text alone.
  static func prose(_ text: String, style: String? = nil) -> HTML {
    element("p", ["class": style], [HTML(text)])
  }

  static func strong(_ text: String) -> HTML { element("strong", [:], [HTML(text)]) }

  static func code(_ text: String) -> HTML { element("code", [:], [HTML(text)]) }

  static func small(_ text: String) -> HTML { element("small", [:], [HTML(text)]) }

  static func list(_ items: [HTML], style: String? = nil) -> HTML {
    items.isEmpty
      ? .empty : element("ul", ["class": style], items.map { element("li", [:], [$0]) })
  }

  /// A section with its heading. Level 2 is below the page's title.
  static func section(_ id: String, _ title: String, level: Int = 2, _ parts: [HTML]) -> HTML {
    let heading = element("h\(level)", ["id": "\(id)-title"], [HTML(title)])
    return element(
      "section", ["id": id, "aria-labelledby": "\(id)-title"], [heading] + parts)
  }

  /// A part of a section, with a heading of its level.
  static func part(_ title: String, level: Int = 3, _ parts: [HTML]) -> HTML {
    element("div", ["class": "part"], [element("h\(level)", [:], [HTML(title)])] + parts)
  }

  /// What can be unfolded.
  static func details(_ summary: String, _ parts: [HTML]) -> HTML {
    element("details", [:], [element("summary", [:], [HTML(summary)])] + parts)
  }

  /// Something drawn, under its title and a line that says what it shows.
  static func panel(_ title: HTML, note: String? = nil, _ content: [HTML]) -> HTML {
    let caption =
      [element("b", [:], [title])] + (note.map { [element("span", [:], [HTML($0)])] } ?? [])
    return element(
      "figure", ["class": "panel"], [element("figcaption", [:], caption)] + content)
  }

  /// Panels side by side, as many as the page is wide for.
  static func panels(_ panels: [HTML], style: String = "panels") -> HTML {
    panels.isEmpty ? .empty : element("div", ["class": style], panels)
  }

  /// A name in its colour, with its mark; lines may break after an equals sign.
  static func name(_ text: String, _ style: SeriesStyle) -> HTML {
    let words = text.split(separator: "=", omittingEmptySubsequences: false)
    let parts = words.enumerated().flatMap { index, word -> [HTML] in
      (index == 0 ? [] : ["=", element("wbr")]) + [HTML(String(word))]
    }
    return element("span", ["class": "name \(style.className)"], parts)
  }

  /// `a`, `a and b`, `a, b and c`.
  static func enumeration(_ items: [HTML]) -> HTML {
    group(
      items.enumerated().flatMap { order, item -> [HTML] in
        [HTML(order == 0 ? "" : order == items.count - 1 ? " and " : ", "), item]
      })
  }
}
