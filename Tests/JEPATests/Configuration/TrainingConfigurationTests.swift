import Foundation
import Testing

@testable import JEPA

/// The package's root, for the files that ship with it.
let packageRoot = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

@Suite struct TrainingConfigurationTests {
  @Test func readsEveryKeyOfTheReference() throws {
    let path = try #require(
      Bundle.module.path(forResource: "Resources/reference_schema", ofType: "yaml"))
    let configuration = try TrainingConfiguration(contentsOf: path)
    #expect(configuration.data.batchSize == 128)
    #expect(configuration.data.cropScale == 0.3...1)
    #expect(configuration.data.path == "$replace_this_with_a_path/imagenet_full_size/061417/")
    #expect(configuration.data.pinMem)
    #expect(configuration.mask.predMaskScale == 0.15...0.2)
    #expect(configuration.mask.minKeep == 10)
    #expect(!configuration.mask.reference)
    #expect(configuration.meta.modelName == "vit_huge")
    #expect(configuration.meta.readCheckpoint == nil)
    #expect(configuration.meta.precision == .auto)
    #expect(configuration.optimization.ema == Endpoints(start: 0.996, end: 1))
    #expect(configuration.optimization.finalLR == 1e-6)
    #expect(configuration.optimization.warmup == 40)
    #expect(configuration.logging.writeTag == "jepa")
    #expect(configuration.head == HeadConfiguration(name: "point"))
  }

  @Test func absentKeysTakeTheReferencesValues() throws {
    let path = try #require(
      Bundle.module.path(forResource: "Resources/reference_schema", ofType: "yaml"))
    var reference = try TrainingConfiguration(contentsOf: path)
    reference.data.rootPath = ""
    reference.data.imageFolder = ""
    reference.logging.folder = ""
    #expect(reference == TrainingConfiguration())
    #expect(try TrainingConfiguration(yaml: "") == TrainingConfiguration())
    #expect(try TrainingConfiguration(yaml: "# nothing\ndata:\nmask: {}\n") == .init())
  }

  @Test func readsTheReferencesOwnFiles() throws {
    guard let repository = ProcessInfo.processInfo.environment["IJEPA_REPO"] else {
      print("skipped: IJEPA_REPO names no checkout of facebookresearch/ijepa")
      return
    }
    let folder = URL(fileURLWithPath: repository).appendingPathComponent("configs")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(!files.isEmpty)
    for file in files {
      let path = folder.appendingPathComponent(file).path
      let configuration = try TrainingConfiguration(contentsOf: path)
      #expect(configuration.data.rootPath.hasPrefix("$replace_this"), "\(file)")
      #expect(try TrainingConfiguration(yaml: configuration.yaml()) == configuration, "\(file)")
    }
  }

  @Test func writesAFileThatReadsBackExactly() throws {
    #expect(try TrainingConfiguration(yaml: TrainingConfiguration().yaml()) == .init())

    var configuration = TrainingConfiguration()
    configuration.data.rootPath = "/data/with: odd \"names\"\\ # and ünïcode\n\t\u{7}"
    configuration.data.classes = .named(["n01443537", "true", "12", "", " a ", "a,b", "~"])
    configuration.data.samples = 7
    configuration.data.dataset = .tinyImageNet
    configuration.data.interpolation = .bicubic
    configuration.meta.precision = .float32
    configuration.meta.readCheckpoint = "null"
    configuration.meta.seed = 1 << 62
    configuration.optimization.lr = 0.1 + 0.2
    configuration.optimization.finalLR = .leastNonzeroMagnitude
    configuration.optimization.warmup = 0.5
    configuration.optimization.clipGrad = 1e30
    configuration.evaluation.trainSamples = nil
    configuration.head = HeadConfiguration(
      name: "mixture",
      options: [
        "components": .integer(8), "scale": .number(1), "tied": .boolean(false),
        "kind": .string("1e-3"), "none": .null, "odd key: 1": .string("yes"),
        "nested": .table(["list": .list([.number(1e-9), .list([]), .table([:])])]),
      ])
    #expect(try TrainingConfiguration(yaml: configuration.yaml()) == configuration)
  }

  @Test func writesEveryKeyOnce() {
    let text = TrainingConfiguration().yaml()
    for section in TrainingConfiguration.schema {
      #expect(text.contains("\(section.name):\n"))
      for entry in section.entries {
        #expect(text.split(separator: "\n").filter { $0.hasPrefix("  \(entry.key): ") }.count == 1)
        #expect(!entry.documentation.isEmpty)
      }
    }
    // The point after the mantissa is what YAML 1.1 readers need.
    #expect(text.contains("  final_lr: 1.0e-06\n"))
  }

  @Test func autoIsWhatTheProcessorMultiplies() throws {
    func meta(_ yaml: String) throws -> MetaConfiguration {
      try TrainingConfiguration(yaml: "meta: {\(yaml)}").meta
    }
    let best = Processor.multipliesBFloat16 ? TrainingPrecision.bfloat16 : .float32
    for yaml in ["use_bfloat16: true", "precision: auto", "precision: null", "seed: 0"] {
      #expect(try meta(yaml).precision == .auto)
      #expect(try meta(yaml).resolvedPrecision == best)
    }
    #expect(try meta("use_bfloat16: false").resolvedPrecision == .float32)
    #expect(try meta("use_bfloat16: false, precision: bfloat16").resolvedPrecision == .bfloat16)
    #expect(try meta("use_bfloat16: true, precision: float32").resolvedPrecision == .float32)
    #expect(throws: ConfigurationError.self) { try meta("precision: half") }
    #expect(throws: ConfigurationError.self) { try meta("precision: 16") }
  }

  @Test func theExplanationNamesThePrecisionAndWhy() {
    for precision in TrainingPrecision.allCases {
      #expect(precision.explanation.hasPrefix(precision.resolved.rawValue + ": "))
    }
    let expected =
      Processor.multipliesBFloat16
      ? "bfloat16: this processor multiplies it in hardware"
      : Processor.instructionSet >= .avx512BFloat16
        ? "float32: this processor has slow bfloat16 products"
        : "float32: this processor has no bfloat16 products"
    #expect(TrainingPrecision.auto.explanation == expected)
  }

  @Test func aRunRecordsWhatAutoMeant() throws {
    let asked = TrainingConfiguration()
    #expect(asked.resolvingPrecision().meta.precision == asked.meta.resolvedPrecision)
    var stored = TrainingConfiguration()
    for precision in [TrainingPrecision.bfloat16, .float32] {
      stored.meta.precision = precision
      #expect(asked.resolvingPrecision(asIn: stored).meta.precision == precision)
      #expect(ResumeDifferences(asked, from: stored).refusal == nil)
      var other = asked
      other.meta.precision = precision == .float32 ? .bfloat16 : .float32
      #expect(ResumeDifferences(other, from: stored).refusal?.contains("meta.precision") == true)
    }
  }

  @Test(arguments: [
    ("", "", ""), ("/a", "", "/a"), ("", "b", "b"), ("/a", "b", "/a/b"), ("/a/", "b", "/a/b"),
    ("/a", "/b", "/b"),
  ])
  func joinsPaths(_ root: String, _ folder: String, _ path: String) {
    var data = DataConfiguration()
    data.rootPath = root
    data.imageFolder = folder
    #expect(data.path == path)
  }

  @Test func shippedConfigurationsAreValid() throws {
    let folder = packageRoot.appendingPathComponent("configs")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".yaml") }
    #expect(files.count >= 3)
    for file in files {
      _ = try TrainingConfiguration(contentsOf: folder.appendingPathComponent(file).path)
    }
  }

  @Test func documentationListsEveryKey() throws {
    let path = packageRoot.appendingPathComponent("docs/configuration.md").path
    let tables = TrainingConfiguration.documentation
    let text = try String(contentsOfFile: path, encoding: .utf8)
    if ProcessInfo.processInfo.environment["UPDATE_DOCUMENTATION"] != nil {
      let head = text.components(separatedBy: "\n## ")[0]
      try (head + tables).write(toFile: path, atomically: true, encoding: .utf8)
    } else {
      #expect(
        text.hasSuffix(tables), "docs/configuration.md is old; UPDATE_DOCUMENTATION=1 renews it")
    }
  }
}
