/// Everything that determines a training run.
///
/// The file format is that of the reference implementation's `configs/*.yaml`, which load
/// unchanged, with `target:`, `head:`, `evaluation:` and `watchdog:` added. Keys that a file leaves out take the values of
/// the reference's `in1k_vith14_ep300.yaml`; keys it does not know are errors.
///
/// ```swift
/// var configuration = try TrainingConfiguration(
///   contentsOf: "configs/procedural.yaml", overrides: ["optimization.lr=5e-4"])
/// configuration.data.batchSize = 64
/// try configuration.validate()
/// ```
public struct TrainingConfiguration: Sendable, Equatable {
  /// Images and their transforms.
  public var data = DataConfiguration()
  /// Context and target blocks.
  public var mask = MaskConfiguration()
  /// Model, precision, seed.
  public var meta = MetaConfiguration()
  /// Optimiser and schedules.
  public var optimization = OptimizationConfiguration()
  /// What a run leaves behind.
  public var logging = LoggingConfiguration()
  /// What is made of the target encoder's outputs.
  public var target = TargetConfiguration()
  /// The density head.
  public var head = HeadConfiguration()
  /// Diagnostics during training.
  public var evaluation = EvaluationConfiguration()
  /// What is done when training goes wrong.
  public var watchdog = WatchdogConfiguration()

  /// The defaults: ViT-H/14 on ImageNet, 300 epochs.
  public init() {}

  /// The sections, in the order in which they are written.
  static let schema: [ConfigurationSchema<TrainingConfiguration>] = [
    .init("data", \.data, "Images and their transforms"),
    .init("mask", \.mask, "Context and target blocks"),
    .init("meta", \.meta, "Model, precision, seed"),
    .init("optimization", \.optimization, "Optimiser and schedules"),
    .init("logging", \.logging, "What a run leaves behind"),
    .init("target", \.target, "What is made of the target encoder's outputs"),
    .init("head", \.head, "The density head"),
    .init("evaluation", \.evaluation, "Diagnostics during training"),
    .init("watchdog", \.watchdog, "What is done when training goes wrong"),
  ]

  /// The whole configuration as a file; reads back as an equal value. PyYAML reads it too.
  public func yaml() -> String {
    var text = ""
    for section in Self.schema {
      text += "\(section.name):\n"
      for (key, value) in section.write(self) {
        text += "  \(ConfigurationValue.text(of: key)): \(value.yaml)\n"
      }
    }
    return text
  }

  /// The keys whose values differ from `other`'s, in the order in which they are written.
  public func differences(
    from other: TrainingConfiguration
  ) -> [(key: String, old: String, new: String)] {
    Self.schema.flatMap { section in
      let old = Dictionary(uniqueKeysWithValues: section.write(other).map { ($0.key, $0.value) })
      let new = Dictionary(uniqueKeysWithValues: section.write(self).map { ($0.key, $0.value) })
      let keys =
        section.write(self).map(\.key)
        + section.write(other).map(\.key).filter { new[$0] == nil }
      return keys.filter { old[$0] != new[$0] }.map {
        ("\(section.name).\($0)", old[$0]?.yaml ?? "absent", new[$0]?.yaml ?? "absent")
      }
    }
  }

  /// Every key with its type, default and meaning, as Markdown tables.
  public static var documentation: String {
    var text = ""
    for section in schema {
      text += "\n## `\(section.name)`\n\n\(section.documentation).\n\n"
      text += "| key | value | default | meaning |\n|---|---|---|---|\n"
      for entry in section.entries {
        text += "| `\(entry.key)` | \(entry.expectation) | `\(entry.defaultValue.yaml)` "
        text += "| \(entry.documentation) |\n"
      }
    }
    return text
  }
}
