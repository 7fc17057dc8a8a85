/// What the encoder sees of images and what is asked for.
struct MaskSection {
  let masks: [DensityViews.Masks]

  func html() throws -> HTML {
    guard !masks.isEmpty else { return .empty }
    var parts: [HTML] = [
      .prose(
        "Each row is a training image. The context encoder sees what is clear in the second picture; the "
          + "predictor has to tell the embeddings of each outlined block.", style: "lead")
    ]
    for (number, group) in masks.enumerated() {
      if masks.count > 1 {
        parts.append(.paragraph(.strong(NumberText.enumeration(group.variants))))
      }
      parts.append(try sheet(group.examples, "mask-\(number)"))
    }
    return .section("masks", "What is hidden: context and targets", parts)
  }

  private func sheet(_ examples: MaskExamples, _ id: String) throws -> HTML {
    var definitions: [HTML] = []
    var tiles: [HTML] = []
    for (index, image) in examples.images.enumerated() {
      let image = image.reducedForPage()
      let name = "\(id)-\(index)"
      definitions.append(try PatchPicture.definition(image, id: name))
      let picture = PatchPicture(
        id: name, width: image.width, height: image.height, columns: examples.grid.columns,
        rows: examples.grid.rows)
      let context = Set(examples.contexts[index].flatMap(\.self))
      let targets = examples.targets[index]
      let title = "image \(index + 1)"
      var row = [
        tile("image", picture.svg(title, [])),
        tile(
          "context, \(context.count) patches",
          picture.svg(
            "\(title), context: \(context.count) of \(examples.grid.count) patches are visible",
            [picture.layer(picture.others(context), style: "veil")]
              + targets.enumerated().map {
                picture.outline($1, style: "outline k\(($0 % 7) + 1)")
              })),
      ]
      row += targets.enumerated().map { number, target in
        tile(
          "target \(number + 1), \(target.count)",
          picture.svg(
            "\(title), target block \(number + 1): \(target.count) patches",
            [
              picture.layer(picture.others(target), style: "veil"),
              picture.outline(target, style: "outline k\((number % 7) + 1)"),
            ]))
      }
      tiles.append(.element("div", ["class": "tiles"], row))
    }
    return .group([PatchPicture.definitions(definitions)] + tiles)
  }

  private func tile(_ caption: String, _ content: HTML) -> HTML {
    .element(
      "figure", ["class": "tile-box"], [content, .element("figcaption", [:], [HTML(caption)])])
  }
}
