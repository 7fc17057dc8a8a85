import JEPAData

/// An image of the page with patches of it hidden or outlined. Its pixels are in the page once; each
/// picture refers to them.
struct PatchPicture {
  let id: String
  let width: Int
  let height: Int
  let columns: Int
  let rows: Int

  /// The pixels, invisible until they are referred to.
  static func definition(_ image: Image, id: String) throws -> HTML {
    .element(
      "image",
      [
        "id": id, "width": String(image.width), "height": String(image.height),
        "href": try image.dataURI(), "class": "pixels",
      ])
  }

  /// A holder for definitions, which takes no room.
  static func definitions(_ images: [HTML]) -> HTML {
    .element(
      "svg", ["width": "0", "height": "0", "class": "definitions", "aria-hidden": "true"],
      [.element("defs", [:], images)])
  }

  /// - Parameters:
  ///   - name: what the picture is, for those who do not see it.
  ///   - parts: over the image.
  func svg(_ name: String, _ parts: [HTML]) -> HTML {
    .element(
      "svg",
      [
        "viewBox": "0 0 \(width) \(height)", "class": "tile", "role": "img", "aria-label": name,
      ], [.element("use", ["href": "#" + id])] + parts)
  }

  /// A layer over these patches.
  func layer(_ patches: some Sequence<Int32>, style: String) -> HTML {
    let (w, h) = (width / columns, height / rows)
    let d = patches.map { patch in
      "M\(Int(patch) % columns * w) \(Int(patch) / columns * h)h\(w)v\(h)h\(-w)z"
    }
    return Plot.path(d.joined(), style: style)
  }

  /// The outline of a set of patches: the edges that only one of them has.
  func outline(_ patches: [Int32], style: String) -> HTML {
    let (w, h) = (width / columns, height / rows)
    let set = Set(patches)
    var d = ""
    for patch in patches {
      let (row, column) = (Int(patch) / columns, Int(patch) % columns)
      let (x, y) = (column * w, row * h)
      if !set.contains(patch - Int32(columns)) { d += "M\(x) \(y)h\(w)" }
      if !set.contains(patch + Int32(columns)) { d += "M\(x) \(y + h)h\(w)" }
      if column == 0 || !set.contains(patch - 1) { d += "M\(x) \(y)v\(h)" }
      if column == columns - 1 || !set.contains(patch + 1) { d += "M\(x + w) \(y)v\(h)" }
    }
    return Plot.path(d, style: style)
  }

  /// All patches but these.
  func others(_ patches: some Sequence<Int32>) -> [Int32] {
    let set = Set(patches)
    return (0..<Int32(columns * rows)).filter { !set.contains($0) }
  }
}
