/// A table with a caption and headed rows and columns, in a box of its own that scrolls.
struct DataTable {
  /// A column's head.
  struct Column {
    let title: HTML
    var isNumber = true
  }

  struct Row {
    /// A row that heads those after it.
    var isGroup = false
    var header: HTML
    var cells: [Cell] = []
  }

  struct Cell {
    var content: HTML
    /// Such as "best".
    var style: String?

    init(_ content: HTML, style: String? = nil) {
      self.content = content
      self.style = style
    }
  }

  var caption: HTML
  /// Of the rows' headers, then of the cells.
  var columns: [Column]
  var rows: [Row]
  var style: String?

  var html: HTML {
    let head = HTML.element(
      "thead", [:],
      [
        .element(
          "tr", [:],
          columns.enumerated().map { index, column in
            .element(
              "th", ["scope": "col", "class": index > 0 && column.isNumber ? "number" : nil],
              [column.title])
          })
      ])
    let body = rows.map { row -> HTML in
      if row.isGroup {
        let header = HTML.element(
          "th", ["scope": "rowgroup", "colspan": String(columns.count)], [row.header])
        return .element("tr", ["class": "group"], [header])
      }
      let cells = row.cells.enumerated().map { index, cell -> HTML in
        let isNumber = index + 1 < columns.count && columns[index + 1].isNumber
        let classes = [isNumber ? "number" : nil, cell.style].compactMap(\.self)
        return .element(
          "td", ["class": classes.isEmpty ? nil : classes.joined(separator: " ")], [cell.content])
      }
      return .element("tr", [:], [.element("th", ["scope": "row"], [row.header])] + cells)
    }
    // A box that scrolls has to be reached by the keyboard, and then needs a name.
    return .element(
      "div", ["class": "scroll", "tabindex": "0", "role": "group", "aria-label": "Table"],
      [
        .element(
          "table", ["class": style],
          [.element("caption", [:], [caption]), head, .element("tbody", [:], body)])
      ])
  }
}
