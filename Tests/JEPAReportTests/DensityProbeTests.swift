import JEPA
import JEPAData
import JEPAPoint
import JEPATensor
import Testing

@testable import JEPAReport

@Suite struct DensityProbeTests {
  private func scenes(_ overrides: [String] = []) throws -> TrainingConfiguration {
    try TrainingConfiguration(
      yaml: "",
      overrides: [
        "data.dataset=ambiguous-scenes", "data.samples=8", "data.crop_size=32", "mask.patch_size=4",
        "data.crop_scale=[1.0, 1.0]", "meta.model_name=vit_tiny", "meta.embed_dim=24",
        "meta.num_heads=3", "meta.depth=1", "meta.pred_emb_dim=12", "meta.pred_depth=1",
        "target.noise=0.1", "target.helmert=true", "head.name=point",
      ] + overrides)
  }

  private func model(_ configuration: TrainingConfiguration) throws -> JEPAModel<PointHead> {
    try configuration.model { context, target, random in
      PointHead(contextDimensions: context, targetDimensions: target, using: &random)
    }
  }

  /// Images that are the questions themselves.
  private struct Known: ImageDataset {
    let images: [Image]
    var count: Int { images.count }
    var classNames: [String] { ["one"] }
    func label(at index: Int) -> Int { 0 }
    func image(at index: Int) -> Image { images[index] }
    func name(at index: Int) -> String { "image \(index)" }
  }

  @Test func questionsAboutScenesKnowTheirAnswers() throws {
    let questions = try HiddenQuestion.some(try scenes())
    #expect(questions.map(\.completions.count) == [4, 2])
    for question in questions {
      #expect(question.hidden.count == 9 && question.shown.count == 55)
      #expect(Set(question.hidden).isDisjoint(with: question.shown))
      #expect(question.completions[question.drawn].image == question.image)
      #expect(
        abs(question.completions.compactMap(\.probability).reduce(0, +) - 1) < 1e-9)
      let bounds = question.bounds
      #expect(bounds.width == 12 && bounds.height == 12)
    }
    #expect(try HiddenQuestion.some(try scenes()) == questions)
  }

  /// Other images have one answer each.
  @Test func questionsAboutOtherImages() throws {
    let questions = try HiddenQuestion.some(
      try scenes(["data.dataset=procedural", "mask.min_keep=4"]))
    #expect(questions.count == 2 && questions.allSatisfy { $0.completions.count == 1 })
    #expect(questions.allSatisfy { !$0.isAmbiguous && !$0.hidden.isEmpty && !$0.shown.isEmpty })
  }

  /// A bank that holds the very patches finds them, and so shows the image.
  @Test func theTruthIsFoundInABankThatHasIt() throws {
    let configuration = try scenes()
    let question = try #require(try HiddenQuestion.some(configuration).first)
    let model = try model(configuration)
    let probe = try DensityProbe(
      model: model, target: model.encoder, dataset: Known(images: [question.image]), draws: 16,
      pictures: 2)
    let answer = try probe.answer(question, using: RandomSource(seed: 0))
    let bounds = question.bounds
    #expect(
      answer.control.image
        == question.image.cropped(
          x: bounds.x, y: bounds.y, width: bounds.width, height: bounds.height))
    #expect(abs(answer.control.similarity - 1) < 1e-4)
    #expect(answer.samples.count == 2 && answer.bankSize == 64)
    #expect(answer.plane.samples.count == 16 && answer.plane.completions.count == 4)
    #expect((0...1).contains(answer.plane.explained))
    #expect(answer.marginals.count == 3 && answer.marginals[0].samples.count == 16)
    #expect(
      answer.marginals.allSatisfy { $0.completions.count == 4 && (0..<23).contains($0.coordinate) })
    // The same again.
    let again = try probe.answer(question, using: RandomSource(seed: 0))
    #expect(again.marginals.map(\.samples) == answer.marginals.map(\.samples))
    #expect(again.samples.map(\.image) == answer.samples.map(\.image))
  }

  @Test func planes() throws {
    // Points along (0, 3, 4) / 5, and less along (1, 0, 0), about (1, 1, 1).
    let points = Tensor(
      [1, 4, 5, 1, -2, -3, 2, 1, 1, 0, 1, 1], shape: [4, 3])
    let plane = try PrincipalPlane(of: points, weights: [1, 1, 1, 1])
    let flat = plane.project(points)
    let expected = [(5.0, 0.0), (-5, 0), (0, 1), (0, -1)]
    for (point, (x, y)) in zip(flat, expected) {
      #expect(abs(point.x - x) < 1e-9 && abs(point.y - y) < 1e-9)
    }
    // Weights move the centre.
    let weighted = try PrincipalPlane(of: points, weights: [2, 0, 0, 0])
    #expect(zip(weighted.centre.doubles(), [1, 4, 5]).allSatisfy { abs($0 - Double($1)) < 1e-12 })
  }

  @Test func viewsOfTheSameQuestionsStandTogether() throws {
    let configuration = try scenes()
    let questions = try HiddenQuestion.some(configuration, count: 1)
    let model = try model(configuration)
    let probe = try DensityProbe(
      model: model, target: model.encoder, dataset: Known(images: [questions[0].image]), draws: 8,
      pictures: 1)
    let answers = try questions.map { try probe.answer($0, using: RandomSource(seed: 0)) }
    var views = DensityViews()
    views.add(answers, to: questions, variant: "a")
    views.add(answers, to: questions, variant: "b")
    let others = try HiddenQuestion.some(try scenes(["data.scene_seed=5"]), count: 1)
    views.add(answers, to: others, variant: "c")
    #expect(views.groups.map { $0.answers.map(\.variant) } == [["a", "b"], ["c"]])
    let masks = try MaskExamples(configuration, count: 2)
    views.add(masks, variant: "a")
    views.add(masks, variant: "b")
    #expect(views.masks.map(\.variants) == [["a", "b"]])
  }
}

@Suite struct PatchPictureTests {
  @Test func layersAndOutlines() throws {
    // Patches of 2×2 pixels, three a row; the middle one and the one to its right.
    let picture = PatchPicture(id: "x", width: 6, height: 6, columns: 3, rows: 3)
    #expect(picture.others([0, 1, 2, 3, 4, 5]) == [6, 7, 8])
    #expect(picture.layer([4, 5], style: "s").markup.contains("d=\"M2 2h2v2h-2zM4 2h2v2h-2z\""))
    let outline = picture.outline([4, 5], style: "s").markup
    // Around both: two tops, two bottoms, one left, one right.
    #expect(outline.contains("d=\"M2 2h2M2 4h2M2 2v2M4 2h2M4 4h2M6 2v2\""))
    let svg = picture.svg("name", [])
    #expect(try MarkupReader.elements(of: svg).map(\.name) == ["svg", "use"])
    #expect(try Image(width: 2, height: 2).dataURI().hasPrefix("data:image/png;base64,iVBOR"))
    #expect(Image(width: 192, height: 96).reducedForPage().height == 48)
  }
}
