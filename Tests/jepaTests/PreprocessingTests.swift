import Foundation
import JEPAData
import JEPATensor
import JEPATestSupport
import Testing

/// Images as a model's own preprocessor prepares them, and options on top. Goldens are of transformers; see
/// Resources/make_preprocessing_golden.py.
@Suite struct PreprocessingTests {
  private static func place(with preprocessor: String?) throws -> Workplace {
    let place = try Workplace()
    let resources = try #require(
      Bundle.module.url(forResource: "HuggingFace", withExtension: nil, subdirectory: "Resources"))
    let files = FileManager.default
    try files.createDirectory(at: place.file("model"), withIntermediateDirectories: true)
    for name in ["model.safetensors", "config.json"] {
      try files.copyItem(
        at: resources.appendingPathComponent(name), to: place.file("model/" + name))
    }
    try files.copyItem(
      at: resources.appendingPathComponent("photo.png"), to: place.file("photo.png"))
    if let preprocessor {
      try files.copyItem(
        at: resources.appendingPathComponent(preprocessor + ".json"),
        to: place.file("model/preprocessor_config.json"))
    }
    return place
  }

  private static func tokens() throws -> [String: [Double]] {
    let url = try #require(
      Bundle.module.url(
        forResource: "tokens", withExtension: "json", subdirectory: "Resources/HuggingFace"))
    return try JSONDecoder().decode([String: [Double]].self, from: Data(contentsOf: url))
  }

  private static func encode(
    _ place: Workplace, _ options: [String] = []
  ) throws -> (outcome: Tool.Outcome, tokens: [Double]) {
    let outcome = try Tool.run(
      [
        "encode", "--encoder", "model", "--images", "photo.png", "--output", "o", "--precision",
        "float32",
      ] + options, in: place.url)
    guard outcome.status == 0 else { return (outcome, []) }
    return (outcome, try SafetensorsFile(place.file("o")).tensor(named: "tokens").doubles())
  }

  /// A photo that is not square, at 20 pixels of which patches of 6 see 18.
  @Test(arguments: ["vit", "bit", "plain"])
  func agreesWithTransformers(_ preprocessor: String) throws {
    let (outcome, tokens) = try Self.encode(try Self.place(with: preprocessor))
    #expect(outcome.status == 0, "\(outcome.errors)")
    let expected = try #require(try Self.tokens()[preprocessor])
    #expect(tokens.count == 9 * 16)
    expectClose(tokens, expected, absolute: 2e-5, relative: 2e-5)
    #expect(outcome.errors.contains("model/preprocessor_config.json"))
    #expect(
      outcome.errors.contains(preprocessor == "bit" ? "shorter side to 23" : "stretched to 20×20"))
  }

  /// What a file says and what options say is the same thing.
  @Test func optionsStandInPlaceOfTheFile() throws {
    let place = try Self.place(with: "vit")
    let (outcome, tokens) = try Self.encode(
      place,
      [
        "--resize", "26", "--crop", "20", "--interpolation", "bicubic", "--mean",
        "0.485,0.456,0.406", "--std", "0.229,0.224,0.225",
      ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(tokens == (try Self.encode(try Self.place(with: "bit"), ["--resize", "26"]).tokens))
    // Where the file is wrong, an option is the way out.
    try Data(#"{"image_processor_type": "ViTImageProcessor", "size": 20, "resample": 1}"#.utf8)
      .write(to: place.file("model/preprocessor_config.json"))
    let refused = try Self.encode(place).outcome
    #expect(refused.status == 1 && refused.errors.contains("resample is 1, lanczos"))
    #expect(refused.errors.contains("--interpolation"))
    #expect(try Self.encode(place, ["--interpolation", "bilinear"]).outcome.status == 0)
    try Data(#"{"image_processor_type": "BitImageProcessor", "do_center_crop": false}"#.utf8)
      .write(to: place.file("model/preprocessor_config.json"))
    let ragged = try Self.encode(place).outcome
    #expect(ragged.status == 1 && ragged.errors.contains("images of different sizes; give --crop"))
    #expect(try Self.encode(place, ["--crop", "18x24"]).tokens.count == 12 * 16)
  }

  /// Without a file: shorter side and middle, ImageNet's mean; stretching is an option.
  @Test func withoutAFile() throws {
    let place = try Self.place(with: nil)
    let (outcome, tokens) = try Self.encode(place)
    #expect(outcome.errors.contains("shorter side to 20 (bicubic), middle 20×20, mean 0.485"))
    let cropped = try Self.encode(place, ["--resize", "20"]).tokens
    #expect(tokens == cropped)
    let stretched = try Self.encode(place, ["--resize", "stretch"])
    #expect(stretched.tokens != tokens && stretched.outcome.errors.contains("stretched to 20×20"))
    #expect(try Self.encode(place, ["--image-size", "31"]).tokens.count == 25 * 16)
    for (options, reason) in [
      (["--crop", "5"], "smaller than the encoder's patches"), (["--crop", "0"], "--crop 0"),
      (["--resize", "wide"], "--resize wide"),
      (["--crop", "20", "--image-size", "20"], "--image-size"),
    ] {
      let refused = try Self.encode(place, options).outcome
      #expect(refused.status == 1 && refused.errors.contains(reason), "\(refused.errors)")
    }
  }
}
