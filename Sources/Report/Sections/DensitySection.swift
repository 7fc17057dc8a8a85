/// The predicted densities themselves: planes and marginals.
struct DensitySection {
  let views: DensityViews
  let styles: StyleKey

  func html() throws -> HTML {
    guard !views.groups.isEmpty else { return .empty }
    var parts: [HTML] = []
    let isAmbiguous = views.groups.contains { $0.questions.contains(where: \.isAmbiguous) }
    parts.append(
      .paragraph(
        HTML(
          "Computed from the runs' checkpoints. "
            + (isAmbiguous
              ? "In these drawn scenes the hidden part can be one of several things whose "
                + "probabilities are known, so that the true distribution can be drawn beside the "
                + "predicted one."
              : "Of these images only what was there is known, not what might have been.")),
        style: "lead"))
    var planes = [
      HTML.prose(
        """
        The embedding of one hidden patch, seen in the plane in which it varies most (first principal \
        direction to the right, second upwards). Dots: 256 draws of the head. Rings: the possible true \
        embeddings, larger where more probable; the filled one is there. The true distribution is a \
        small cloud of the target noise's size at each ring: a good head's draws gather at the rings, \
        in their proportions. Each run has an encoder of its own, so axes differ between panels.
        """)
    ]
    var marginals = [
      HTML.prose(
        """
        Histograms of 256 draws of the coordinates in which the possible answers differ most. The \
        solid line is what is there; dashed ones are the other possible answers. Mass between the \
        lines belongs to none of them.
        """)
    ]
    for (number, group) in views.groups.enumerated() {
      for index in group.questions.indices {
        planes.append(self.planes(group, index, "plane-\(number)-\(index)"))
        marginals.append(self.marginals(group, index, "marginal-\(number)-\(index)"))
      }
    }
    parts += [.part("Draws beside the truth", planes), .part("Single coordinates", marginals)]
    return .section("densities", "The predicted densities", parts)
  }

  private func planes(_ group: DensityViews.Group, _ index: Int, _ id: String) -> HTML {
    let question = group.questions[index]
    let panels = group.answers.map { variant, answers -> HTML in
      let plane = answers[index].plane
      let marked = zip(question.completions, plane.completions).enumerated().map {
        place, pair -> ScatterPlot.Marked in
        ScatterPlot.Marked(
          label: pair.0.probability.map { NumberText.percent($0) } ?? "",
          x: pair.1.x, y: pair.1.y, weight: pair.0.probability ?? 0.3,
          isTruth: place == question.drawn)
      }
      return .panel(
        .name(variant, styles[variant]),
        note: "\(NumberText.percent(plane.explained)) of the draws' variance lies in this plane",
        [
          ScatterPlot(
            title: "Draws of \(variant), \(question.title)", id: "\(id)-\(styles[variant].index)",
            xTitle: "first principal direction",
            clouds: [.init(name: variant, style: styles[variant], points: plane.samples)],
            marked: marked
          ).svg
        ])
    }
    return .group([.element("h4", [:], [HTML(question.title)]), .panels(panels)])
  }

  private func marginals(_ group: DensityViews.Group, _ index: Int, _ id: String) -> HTML {
    let question = group.questions[index]
    let rows = group.answers.map { variant, answers -> HTML in
      let panels = answers[index].marginals.map { marginal -> HTML in
        let values = marginal.samples + marginal.completions
        let axis = Axis(covering: values)
        let range = axis.low...axis.high
        let marks = marginal.completions.enumerated().map { place, value in
          HistogramPlot.Mark(
            value: value,
            label: question.completions[place].probability.map { NumberText.percent($0) },
            isTruth: place == question.drawn)
        }
        let mean = marginal.samples.reduce(0, +) / Double(max(1, marginal.samples.count))
        let there = marginal.completions[question.drawn]
        return HistogramPlot(
          title: "Coordinate \(marginal.coordinate) of \(variant), \(question.title)",
          id: "\(id)-\(styles[variant].index)-\(marginal.coordinate)",
          xTitle: "coordinate \(marginal.coordinate)", style: styles[variant], range: range,
          shares: HistogramPlot.shares(of: marginal.samples, bins: 32, in: range),
          marks: Self.thinned(marks, axis), showsY: false, height: 120,
          description: "Draws have the mean \(NumberText.significant(mean)); what is there is "
            + "\(NumberText.significant(there))."
        ).svg
      }
      return .panel(
        .name(variant, styles[variant]),
        [.element("div", ["class": "stack"], panels)])
    }
    return .group([.element("h4", [:], [HTML(question.title)]), .panels(rows)])
  }

  /// Labels that would lie over one more probable than they are left out.
  private static func thinned(
    _ marks: [HistogramPlot.Mark], _ axis: Axis
  ) -> [HistogramPlot.Mark] {
    var kept: [Double] = []
    return marks.map { mark in
      let x = axis.position(mark.value, from: 8, to: Plot.width - 10)
      guard kept.allSatisfy({ abs($0 - x) >= 30 }) else {
        return HistogramPlot.Mark(value: mark.value, label: nil, isTruth: mark.isTruth)
      }
      kept.append(x)
      return mark
    }
  }
}
