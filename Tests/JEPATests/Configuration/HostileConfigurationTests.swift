import Foundation
import Testing

@testable import JEPA

/// Configurations that were made to harm their reader.
@Suite struct HostileConfigurationTests {
  private func refusal(_ yaml: String) -> String {
    do {
      _ = try TrainingConfiguration(yaml: yaml, source: "c.yaml")
      return ""
    } catch { return "\(error)" }
  }

  /// The YAML library calls itself for every level: a stack's worth of them ended the process.
  @Test func depthIsBounded() {
    let many = 50_000
    for text in [
      "data:\n  classes: " + String(repeating: "[", count: many),
      "data:\n  classes: " + String(repeating: "[", count: many)
        + String(repeating: "]", count: many),
      "head:\n  x: " + String(repeating: "{a: ", count: many),
    ] { #expect(refusal(text) == "c.yaml: holds lists or tables more than 32 deep") }
    let column = "c.yaml: begins a line beyond column 100; indent it less"
    #expect(refusal(String(repeating: "- ", count: many) + "a") == column)
    #expect(refusal(String(repeating: "? ", count: many) + "a") == column)
    let stairs = (0..<400).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n")
    #expect(refusal(stairs) == column)
    #expect(
      refusal(String(repeating: "# a\n", count: 100_000))
        == "c.yaml: has 400000 bytes; a configuration has 262144 at most")
  }

  /// Nine levels of nine aliases each would be 9⁹ values.
  @Test func aliasesAreBounded() {
    var text = "head:\n  a0: &a0 [x, x]\n"
    for level in 1...9 {
      let list = [String](repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
      text += "  a\(level): &a\(level) [\(list)]\n"
    }
    #expect(refusal(text) == "c.yaml: uses more than 16 aliases (*name); write them out")
    #expect(refusal("data:\n  crop_scale: &a [0.5, 1.0]\nmask:\n  enc_mask_scale: *a\n") == "")
  }

  /// Numbers that are of the right kind and beyond any sense: arithmetic on each used to trap.
  @Test(arguments: [
    "mask.aspect_ratio=[1e300, 1e308]", "mask.aspect_ratio=[1e-320, 1e-310]",
    "mask.patch_size=9223372036854775807", "optimization.ipe_scale=1e300",
    "logging.checkpoint_freq=9223372036854775807", "meta.pred_depth=9223372036854775807",
    "meta.depth=9223372036854775807", "data.samples=9223372036854775807",
  ])
  func numbersBeyondSenseAreRefused(_ override: String) throws {
    let error = #expect(throws: ConfigurationError.self) {
      try TrainingConfiguration().applying(overrides: [override])
    }
    let key = override.split(separator: "=")[0]
    #expect(error?.description.contains("\(key) is ") == true)
  }

  /// The nearest key to one of 200,000 letters is found at once.
  @Test func longWordsAreCutShort() {
    let word = String(repeating: "x", count: 200_000)
    #expect(refusal("data:\n  dataset: \(word)\n").count < 500)
    #expect(editDistance(word, "batch_size") == 100)
    #expect(refusal("data:\n  ? \(word)\n  : 1\n").contains("is not a known key; the nearest"))
  }

  @Test func endlessFilesAreNotReadToTheEnd() {
    let error = #expect(throws: FileError.self) {
      try TrainingConfiguration(contentsOf: "/dev/zero")
    }
    #expect(error?.reason == "it has more than the 262144 bytes that are read")
  }
}
