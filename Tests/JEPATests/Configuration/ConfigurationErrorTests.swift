import Foundation
import Testing

@testable import JEPA

/// Every refusal is one line that names file, line, key, reason and way out.
@Suite struct ConfigurationErrorTests {
  @Test(arguments: [
    // Unknown keys, with the nearest valid one.
    (
      "data:\n  bach_size: 3",
      "c.yaml:2: data.bach_size is not a known key; "
        + "the nearest valid one is data.batch_size"
    ),
    (
      "meta:\n  model_name: vit_tiny\n  batchSize: 3",
      "c.yaml:3: meta.batchSize is not a known key; "
        + "the nearest valid one is data.batch_size"
    ),
    (
      "data:\n  patch_size: 8",
      "c.yaml:2: data.patch_size is not a known key; "
        + "the nearest valid one is mask.patch_size"
    ),
    (
      "optimisation:\n  learn: 3",
      "c.yaml:2: optimisation.learn is not a known section; "
        + "the nearest valid one is optimization"
    ),
    (
      "optimisation:\n  lr: 3",
      "c.yaml:2: optimisation.lr is not a known section; "
        + "the nearest valid one is optimization.lr"
    ),
    ("heads:", "c.yaml:1: heads is not a known section; the nearest valid one is head"),
    (
      "# one\nlr: 3",
      "c.yaml:2: lr is not a known section; "
        + "the nearest valid one is optimization.lr"
    ),
    ("data:\n  1: 2", "c.yaml:2: data.1 is not a known key; the nearest valid one is data.pin_mem"),

    // Wrong types.
    (
      "data:\n\n  batch_size: ten",
      "c.yaml:3: data.batch_size must be an integer, "
        + "not the string \"ten\""
    ),
    (
      "data:\n  batch_size: 1.5",
      "c.yaml:2: data.batch_size must be an integer, "
        + "not the number 1.5"
    ),
    (
      "data:\n  batch_size: null",
      "c.yaml:2: data.batch_size must be an integer, "
        + "not nothing (null)"
    ),
    ("data:\n  pin_mem: 1", "c.yaml:2: data.pin_mem must be true or false, not the integer 1"),
    (
      "data:\n  root_path: 2024",
      "c.yaml:2: data.root_path must be a string, "
        + "not the integer 2024; write it in quotes"
    ),
    (
      "data:\n  crop_scale: 0.3",
      "c.yaml:2: data.crop_scale must be two numbers [low, high], "
        + "low at most high, not the number 0.3"
    ),
    (
      "data:\n  crop_scale: [1.0, 0.3]",
      "c.yaml:2: data.crop_scale must be two numbers "
        + "[low, high], low at most high, not the list [1.0, 0.3]"
    ),
    (
      "data:\n  interpolation: lanczos",
      "c.yaml:2: data.interpolation must be one of bilinear, "
        + "bicubic, not the string \"lanczos\""
    ),
    (
      "data:\n  dataset: cifar",
      "c.yaml:2: data.dataset must be one of image-folder, "
        + "tiny-imagenet, procedural, ambiguous-scenes, not the string \"cifar\""
    ),
    (
      "data:\n  classes: n01443537",
      "c.yaml:2: data.classes must be null, a number of classes, or "
        + "a list of class names in quotes, not the string \"n01443537\""
    ),
    (
      "optimization:\n  lr: \"0.1\"",
      "c.yaml:2: optimization.lr must be a number, "
        + "not the string \"0.1\""
    ),
    (
      "optimization:\n  lr: .nan",
      "c.yaml:2: optimization.lr must be a number, "
        + "not the number .nan"
    ),
    (
      "optimization:\n  ema: [0.9]",
      "c.yaml:2: optimization.ema must be two numbers [start, end], "
        + "not the list [0.9]"
    ),
    (
      "optimization:\n  clip_grad: {a: 1}",
      "c.yaml:2: optimization.clip_grad must be a number or "
        + "null, not the table {a: 1}"
    ),
    (
      "meta:\n  seed: -1",
      "c.yaml:2: meta.seed must be an integer of at least 0, "
        + "not the integer -1"
    ),
    ("data: 3", "c.yaml:1: data must be a section of keys, not the integer 3"),
    (
      "- data",
      "c.yaml:1: a configuration consists of sections such as \"data:\", "
        + "not of the list [data]"
    ),

    // Out of range.
    ("data:\n  batch_size: 0", "c.yaml:2: data.batch_size is 0; it must lie between 1 and 65536"),
    (
      "data:\n  crop_scale: [0.0, 1.0]",
      "c.yaml:2: data.crop_scale is [0.0, 1.0]; "
        + "it must hold two numbers above 0 and at most 1"
    ),
    (
      "data:\n  crop_scale: [0.5, 1.5]",
      "c.yaml:2: data.crop_scale is [0.5, 1.5]; "
        + "it must hold two numbers above 0 and at most 1"
    ),
    (
      "data:\n  color_jitter_strength: 3",
      "c.yaml:2: data.color_jitter_strength is 3.0; "
        + "it must lie between 0.0 and 2.5"
    ),
    ("data:\n  crop_size: 0", "c.yaml:2: data.crop_size is 0; it must lie between 1 and 16384"),
    (
      "data:\n  classes: 0",
      "c.yaml:2: data.classes is 0; "
        + "it must name at least one class, and none twice"
    ),
    (
      "data:\n  classes: [a, a]",
      "c.yaml:2: data.classes is [a, a]; "
        + "it must name at least one class, and none twice"
    ),
    (
      "data:\n  samples: 0",
      "c.yaml:2: data.samples is 0; it must lie between 1 and 1000000000, or null"
    ),
    ("optimization:\n  lr: -0.1", "c.yaml:2: optimization.lr is -0.1; it must be at least 0.0"),
    (
      "optimization:\n  ema: [0.9, 1.1]",
      "c.yaml:2: optimization.ema is [0.9, 1.1]; "
        + "it must hold two numbers between 0 and 1"
    ),
    (
      "optimization:\n  clip_grad: 0",
      "c.yaml:2: optimization.clip_grad is 0.0; "
        + "it must be above 0.0, or null"
    ),
    (
      "optimization:\n  drop_path: 1",
      "c.yaml:2: optimization.drop_path is 1.0; "
        + "it must be at least 0 and below 1"
    ),
    (
      "meta:\n  model_name: vit_tny",
      "c.yaml:2: meta.model_name is vit_tny; it must be one of "
        + "vit_tiny, vit_small, vit_base, vit_large, vit_huge, vit_giant"
    ),
    (
      "mask:\n  aspect_ratio: [0, 1]",
      "c.yaml:2: mask.aspect_ratio is [0.0, 1.0]; "
        + "it must hold two numbers between 0.001 and 1000.0"
    ),

    // Values against each other; the line is that of the key to blame, or the file's name alone.
    (
      "optimization:\n  epochs: 8",
      "c.yaml: optimization.warmup is 40.0 epochs, more than "
        + "optimization.epochs 8; use at most 8"
    ),
    (
      "optimization:\n  epochs: 8\n  warmup: 9",
      "c.yaml:3: optimization.warmup is 9.0 epochs, "
        + "more than optimization.epochs 8; use at most 8"
    ),
    (
      "data:\n  crop_size: 64\nmask:\n  patch_size: 7",
      "c.yaml:4: mask.patch_size is 7, which does "
        + "not divide data.crop_size 64; use a patch_size of 4 or 8, or a crop_size of 63 or 70"
    ),
    (
      "data:\n  crop_size: 8\nmask:\n  patch_size: 9",
      "c.yaml:4: mask.patch_size is 9, which does "
        + "not divide data.crop_size 8; use a patch_size of 8, or a crop_size of 9"
    ),
    (
      "meta: {model_name: vit_tiny, pred_emb_dim: 100}",
      "c.yaml:1: meta.pred_emb_dim is 100; it "
        + "must be a multiple of 4, for the positions, and of the 3 attention heads: "
        + "use 96 or 108"
    ),
    (
      "meta: {model_name: vit_tiny, pred_emb_dim: 96, embed_dim: 6}",
      "c.yaml:1: meta.embed_dim is "
        + "6; it must be a multiple of 4, for the positions, and of the 3 attention heads: use 12"
    ),
    (
      "meta: {depth: 6}\nevaluation:\n  layers: 7",
      "c.yaml:3: evaluation.layers is 7, but the "
        + "encoder has 6 blocks; use at most 6"
    ),

    // Broken YAML.
    ("data:\n  batch_size: [1", "c.yaml:3: not valid YAML: did not find expected ',' or ']'"),
    (
      "data:\n\tbatch_size: 1",
      "c.yaml:2: not valid YAML: found character that cannot start any "
        + "token"
    ),
    (
      "data:\n  pin_mem: true\n  pin_mem: false",
      "c.yaml:2: not valid YAML: the section that starts "
        + "here holds pin_mem twice"
    ),
    (
      "data: {}\n---\ndata: {}",
      "c.yaml:2: not valid YAML: expected a single document in the "
        + "stream but found another document"
    ),
  ])
  func refuses(_ yaml: String, _ expected: String) {
    expect(expected) { try TrainingConfiguration(yaml: yaml, source: "c.yaml") }
  }

  @Test func namesTheFile() throws {
    let folder = FileManager.default.temporaryDirectory.path
    expect("cannot read /none/c.yaml: No such file or directory") {
      try TrainingConfiguration(contentsOf: "/none/c.yaml")
    }
    expect("cannot read \(folder): Is a directory") {
      try TrainingConfiguration(contentsOf: folder)
    }
    let file = folder + "/\(UUID().uuidString).yaml"
    defer { try? FileManager.default.removeItem(atPath: file) }
    try Data([0x64, 0xFF, 0xFE]).write(to: URL(fileURLWithPath: file))
    expect("\(file): is not a text file in UTF-8") {
      try TrainingConfiguration(contentsOf: file)
    }
  }

  @Test func valuesSetInCodeNameNoFile() {
    var configuration = TrainingConfiguration()
    configuration.data.batchSize = 0
    expect("data.batch_size is 0; it must lie between 1 and 65536") { try configuration.validate() }
  }

  @Test func countsEdits() {
    #expect(editDistance("batch_size", "batchSize") == 0)
    #expect(editDistance("lr", "") == 2)
    #expect(editDistance("form", "from") == 1)
    #expect(editDistance("kitten", "sitting") == 3)
    #expect(nearest(to: "warm_up", among: ["lr", "warmup", "epochs"]) == "warmup")
    #expect(nearest(to: "a", among: []) == nil)
  }
}

/// Expects `body` to throw an error of this description, on one line.
func expect<Result>(
  _ description: String, location: SourceLocation = #_sourceLocation,
  _ body: () throws -> Result
) {
  do {
    _ = try body()
    Issue.record("nothing was thrown", sourceLocation: location)
  } catch {
    #expect("\(error)" == description, sourceLocation: location)
    #expect(!"\(error)".contains("\n"), sourceLocation: location)
  }
}
