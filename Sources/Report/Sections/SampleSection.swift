import JEPAData
import JEPATensor

/// What draws look like: the hidden part put together from the real patches nearest to them.
struct SampleSection {
  let group: DensityViews.Group
  /// Of several groups, this one's place.
  let number: Int
  let styles: StyleKey

  func html() throws -> HTML {
    try .group(group.questions.indices.map(question))
  }

  private func question(_ index: Int) throws -> HTML {
    let question = group.questions[index]
    let id = "question-\(number)-\(index)"
    let image = question.image.reducedForPage()
    let scale = Double(image.width) / Double(question.image.width)
    let picture = PatchPicture(
      id: id, width: image.width, height: image.height, columns: question.grid.columns,
      rows: question.grid.rows)
    let veil = picture.layer(picture.others(question.shown), style: "veil whole")
    let edge = picture.outline(question.hidden, style: "asked")
    let bounds = question.bounds
    func filled(_ part: Image) throws -> HTML {
      let size = part.reduced(by: scale)
      return .element(
        "image",
        [
          "x": Coordinates.text(Double(bounds.x) * scale),
          "y": Coordinates.text(Double(bounds.y) * scale),
          "width": Coordinates.text(Double(bounds.width) * scale),
          "height": Coordinates.text(Double(bounds.height) * scale),
          "href": try size.dataURI(), "class": "pixels",
        ])
    }
    var parts: [HTML] = [
      PatchPicture.definitions([try PatchPicture.definition(image, id: id)])
    ]
    var truth = [tile("what the model sees", picture.svg("The image with its hidden part", [veil]))]
    for (place, completion) in question.completions.enumerated() {
      let part = completion.image.cropped(
        x: bounds.x, y: bounds.y, width: bounds.width, height: bounds.height)
      let probability = completion.probability.map { NumberText.percent($0) }
      let isThere = place == question.drawn && question.isAmbiguous
      let caption = [
        probability, isThere ? "is there" : nil, probability == nil ? completion.name : nil,
      ]
      .compactMap(\.self).joined(separator: ", ")
      truth.append(
        tile(
          caption,
          picture.svg(
            "\(completion.name)\(probability.map { ", probability \($0)" } ?? "")",
            [try filled(part)]), style: isThere ? "there" : nil))
    }
    parts.append(
      strip(
        .strong(question.isAmbiguous ? "What may be there, with its probability" : "What is there"),
        nil, truth))
    for (variant, answers) in group.answers {
      let answer = answers[index]
      var tiles = [
        tile(
          "truth, via the bank",
          picture.svg(
            "\(variant): nearest patches of the true embedding",
            [try filled(answer.control.image), edge])
        ),
        tile(
          "the head's mean",
          picture.svg(
            "\(variant): nearest patches of the mean", [try filled(answer.mean.image), edge])),
      ]
      for (place, sample) in answer.samples.enumerated() {
        tiles.append(
          tile(
            "draw \(place + 1)",
            picture.svg(
              "\(variant): nearest patches of draw \(place + 1)", [try filled(sample.image), edge]))
        )
      }
      let similarity =
        answer.samples.reduce(0) { $0 + $1.similarity } / Double(max(1, answer.samples.count))
      parts.append(
        strip(
          .name(variant, styles[variant]),
          "similarity of draws to the nearest real patch "
            + "\(NumberText.fixed(similarity, decimals: 2)); of the truth "
            + "\(NumberText.fixed(answer.control.similarity, decimals: 2)) (1 is equal)", tiles))
    }
    return .part(question.title, level: 3, parts)
  }

  private func strip(_ title: HTML, _ note: String?, _ tiles: [HTML]) -> HTML {
    .element(
      "div", ["class": "strip"],
      [
        .element(
          "p", ["class": "strip-title"],
          [title] + (note.map { [" ", .small($0)] } ?? [])),
        .element("div", ["class": "tiles"], tiles),
      ])
  }

  private func tile(_ caption: String, _ content: HTML, style: String? = nil) -> HTML {
    .element(
      "figure", ["class": "tile-box" + (style.map { " " + $0 } ?? "")],
      [content, .element("figcaption", [:], [HTML(caption)])])
  }
}

extension Image {
  /// At most 96 pixels a side: a page holds many.
  func reducedForPage() -> Image { reduced(by: min(1, 96 / Double(max(width, height)))) }

  fileprivate func reduced(by scale: Double) -> Image {
    guard scale < 1 else { return self }
    return resized(
      width: max(1, Int(bounded: (Double(width) * scale).rounded())),
      height: max(1, Int(bounded: (Double(height) * scale).rounded())), interpolation: .bicubic)
  }
}
