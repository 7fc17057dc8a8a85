import Testing

@testable import JEPA

@Suite struct ConfigurationOverrideTests {
  private let base = TrainingConfiguration()

  @Test func replacesValues() throws {
    let configuration = try base.applying(overrides: [
      "optimization.lr=5e-4", "data.crop_scale=[0.2, 0.9]", "data.root_path=/a b=c",
      "meta.precision=float32", "head.name=mixture", "head.components=8",
      "evaluation.train_samples=", "data.batch_size=32", "data.batch_size=64",
    ])
    #expect(configuration.optimization.lr == 5e-4)
    #expect(configuration.data.cropScale == 0.2...0.9)
    #expect(configuration.data.rootPath == "/a b=c")
    #expect(configuration.meta.precision == .float32)
    #expect(configuration.head.name == "mixture")
    #expect(configuration.head.options == ["components": .integer(8)])
    #expect(configuration.evaluation.trainSamples == nil)
    #expect(configuration.data.batchSize == 64)
  }

  @Test func areValidatedTogetherAndWithTheFile() throws {
    _ = try base.applying(overrides: ["data.crop_size=64", "mask.patch_size=8"])
    let yaml = "optimization: {epochs: 8}"
    _ = try TrainingConfiguration(yaml: yaml, overrides: ["optimization.warmup=1"])
  }

  @Test(arguments: [
    (
      "data.bach_size=3",
      "--set data.bach_size=3: data.bach_size is not a known key; "
        + "the nearest valid one is data.batch_size"
    ),
    (
      "data.batch_size=ten",
      "--set data.batch_size=ten: data.batch_size must be an integer, "
        + "not the string \"ten\""
    ),
    (
      "data.batch_size=0",
      "--set data.batch_size=0: data.batch_size is 0; it must lie between 1 and 65536"
    ),
    ("data=3", "--set data=3: an override has the form section.key=value"),
    ("data.batch_size", "--set data.batch_size: an override has the form section.key=value"),
    ("lr=0.5", "--set lr=0.5: an override has the form section.key=value"),
    (
      "optim.lr=1",
      "--set optim.lr=1: optim.lr is not a known section; "
        + "the nearest valid one is optimization.lr"
    ),
    (
      "data.crop_scale=[1",
      "--set data.crop_scale=[1: not valid YAML: did not find expected ',' "
        + "or ']'"
    ),
  ])
  func refuses(_ override: String, _ expected: String) {
    expect(expected) { try base.applying(overrides: [override]) }
  }

  @Test func staysOnOneLine() {
    expect(
      "--set data.batch_size=\"a\\nb\": data.batch_size must be an integer, "
        + "not the string \"a\\nb\""
    ) { try base.applying(overrides: ["data.batch_size=\"a\\nb\""]) }
  }

  @Test func blamesTheFileForItsOwnValues() {
    expect("c.yaml:1: data.batch_size is 0; it must lie between 1 and 65536") {
      try TrainingConfiguration(
        yaml: "data: {batch_size: 0}", source: "c.yaml", overrides: ["optimization.lr=1"])
    }
  }
}
