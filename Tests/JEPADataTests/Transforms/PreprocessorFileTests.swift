import Foundation
import JEPAData
import JEPATestSupport
import Testing

@Suite struct PreprocessorFileTests {
  private static let vit = """
    {"image_processor_type": "ViTImageProcessor", "size": {"height": 30, "width": 20}, "resample": 3,
     "image_mean": [0.5, 0.4, 0.3], "image_std": 0.25, "do_resize": true, "do_normalize": true}
    """

  private func read(
    _ text: String, ignoring parts: Set<PreprocessorFile.Part> = []
  ) throws -> PreprocessorFile? {
    let folder = try TemporaryFolder()
    try folder.write(Data(text.utf8), to: PreprocessorFile.name)
    return try PreprocessorFile(in: folder.url, ignoring: parts)
  }

  @Test func readsWhatItSays() throws {
    let file = try #require(try read(Self.vit))
    #expect(file.resize == .exactly(height: 30, width: 20) && file.crop == nil)
    #expect(file.interpolation == .bicubic)
    #expect(file.mean == [0.5, 0.4, 0.3] && file.standardDeviation == [0.25, 0.25, 0.25])
    let folder = try TemporaryFolder()
    #expect(try PreprocessorFile(in: folder.url) == nil)
  }

  @Test(arguments: [
    (#""size": 24"#, Resize.Target.shorterSide(24)),
    (#""size": {"shortest_edge": 25}"#, .shorterSide(25)),
    (#""size": {"height": 8, "width": 9, "shortest_edge": null}"#, .exactly(height: 8, width: 9)),
    (#""size": [8, 9]"#, .exactly(height: 8, width: 9)),
  ])
  func formsOfSizes(_ size: String, _ expected: Resize.Target) throws {
    let text = "{\"image_processor_type\": \"CLIPImageProcessor\", \"crop_size\": 16, \(size)}"
    let file = try #require(try read(text))
    #expect(file.resize == expected)
    #expect(file.crop.map { [$0.height, $0.width] } == [16, 16])
  }

  /// The classes' defaults, and what a class calls one number.
  @Test func defaultsOfTheClass() throws {
    let vit = try #require(
      try read(#"{"image_processor_type": "ViTFeatureExtractor", "size": 32}"#))
    #expect(vit.resize == .exactly(height: 32, width: 32) && vit.crop == nil)
    #expect(vit.interpolation == .bilinear && vit.mean == [0.5, 0.5, 0.5])
    let bit = try #require(try read(#"{"image_processor_type": "BitImageProcessorFast"}"#))
    #expect(bit.resize == .shorterSide(224) && bit.interpolation == .bicubic)
    #expect(bit.crop.map { [$0.height, $0.width] } == [224, 224])
    #expect(bit.mean[0] == Float(0.48145466))
  }

  /// (byte · factor − mean) / std, whatever the factor.
  @Test func rescalingIsPartOfTheNormalization() throws {
    func values(_ text: String) throws -> Normalize {
      let file = try #require(try read(text))
      return Normalize(mean: file.mean, standardDeviation: file.standardDeviation)
    }
    let image = Image(width: 1, height: 1) { pixels in
      for i in 0..<3 { pixels[i] = UInt8(100 + 50 * i) }
    }
    let start =
      "{\"image_processor_type\": \"ViTImageProcessor\", \"image_mean\": [1, 2, 3], \"image_std\": 4, "
    for (fields, factor, mean, deviation) in [
      ("\"rescale_factor\": 0.01}", 0.01, [1.0, 2, 3], 4.0),
      ("\"do_rescale\": false}", 1, [1, 2, 3], 4),
      ("\"do_normalize\": false, \"rescale_factor\": 0.5}", 0.5, [0, 0, 0], 1),
    ] {
      let actual = try values(start + fields)(image).doubles()
      let expected = (0..<3).map { (Double(100 + 50 * $0) * factor - mean[$0]) / deviation }
      expectClose(actual, expected, absolute: 1e-4, relative: 1e-5)
    }
  }

  @Test(
    arguments: [
      ("[1]", nil, "it is not a JSON object"),
      (#"{"size": 3}"#, "size", "is one number"),
      (
        #"{"size": {"height": 8, "width": 8}, "image_mean": 0, "image_std": 1}"#, "resample",
        "is missing"
      ),
      (
        #"{"image_processor_type": "ViTImageProcessor", "resample": 1}"#, "resample",
        "is 1, lanczos"
      ),
      (
        #"{"image_processor_type": "ViTImageProcessor", "resample": "box"}"#, "resample",
        "is \"box\""
      ),
      (#"{"image_processor_type": "ViTImageProcessor", "size": 0}"#, "size", "between 1 and 16384"),
      (
        #"{"image_processor_type": "ViTImageProcessor", "size": {"longest_edge": 9}}"#, "size",
        "has longest_edge"
      ),
      (#"{"image_processor_type": "ViTImageProcessor", "size": "big"}"#, "size", "is no size"),
      (
        #"{"image_processor_type": "ViTImageProcessor", "do_resize": 2}"#, "do_resize",
        "neither true nor false"
      ),
      (
        #"{"image_processor_type": "ViTImageProcessor", "do_pad": true}"#, "do_pad",
        "not known here"
      ),
      (
        #"{"image_processor_type": "ViTImageProcessor", "image_mean": [1, 2]}"#, "image_mean",
        "three numbers"
      ),
      (
        #"{"image_processor_type": "ViTImageProcessor", "image_std": [1, 0, 1]}"#, "image_std",
        "not above 0"
      ),
      (
        #"{"image_processor_type": "ViTImageProcessor", "rescale_factor": -1}"#, "rescale_factor",
        "above 0"
      ),
      (
        #"{"image_processor_type": "BitImageProcessor", "crop_size": {"shortest_edge": 9}}"#,
        "crop_size",
        "no height and width"
      ),
    ] as [(String, String?, String)])
  func refusals(_ text: String, _ key: String?, _ reason: String) throws {
    do {
      _ = try read(text)
      Issue.record("no error")
    } catch let error as PreprocessorFileError {
      #expect(error.key == key && error.reason.contains(reason), "\(error)")
      #expect(error.description.hasPrefix(error.file + ": ") && !error.description.contains("\n"))
      #expect(error.file.hasSuffix(PreprocessorFile.name))
    }
  }

  /// Where an option stands in its place, a part is not read.
  @Test func whatIsIgnoredCannotBeWrong() throws {
    let text = #"""
      {"image_processor_type": "ViTImageProcessor", "resample": 1, "size": "big", "image_mean": 7,
       "image_std": "no", "do_rescale": "no", "do_center_crop": 3}
      """#
    let file = try #require(try read(text, ignoring: Set(PreprocessorFile.Part.allCases)))
    #expect(file.resize == nil && file.crop == nil)
  }
}
