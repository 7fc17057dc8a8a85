import Testing

@testable import JEPA

@Suite struct HeadConfigurationTests {
  private enum Kind: String, ConfigurationChoice { case diagonal, full }

  private struct Settings: HeadOptions {
    var components = 8
    var scale = 0.5
    var tied = true
    var kind = Kind.diagonal

    static let fields: [ConfigurationField<Self>] = [
      .init("components", \.components, .atLeast(1), "how many"),
      .init("scale", \.scale, .above(0), "how wide"),
      .init("tied", \.tied, nil, "whether they share"),
      .init("kind", \.kind, nil, "of what kind"),
    ]

    mutating func resolve() throws {
      if tied && kind == .full {
        throw ConfigurationError(key: "head.tied", message: "head.tied excludes head.kind full")
      }
    }
  }

  private func settings(
    _ options: [String: ConfigurationValue], defaults: Settings = Settings()
  ) throws -> Settings {
    try Settings(reading: HeadConfiguration(name: "mixture", options: options), defaults: defaults)
  }

  @Test func readsOptionsAndDefaults() throws {
    #expect(try settings([:]) == Settings())
    let given: [String: ConfigurationValue] = [
      "components": .integer(3), "scale": .integer(2), "tied": .boolean(false),
      "kind": .string("full"),
    ]
    let found = try settings(given)
    #expect(found.components == 3 && found.scale == 2 && !found.tied && found.kind == .full)
    var defaults = Settings()
    defaults.components = 5
    #expect(try settings(["scale": .number(1)], defaults: defaults).components == 5)
  }

  @Test func refusesUnknownOptions() {
    expect(
      "head.componets is not an option of the head \"mixture\"; "
        + "the nearest valid one is head.components"
    ) { try settings(["componets": .integer(3)]) }
    expect(
      "head.nmae is not an option of the head \"point\"; the nearest valid one is head.name"
    ) { try Settings(reading: TrainingConfiguration(yaml: "head: {nmae: point}").head) }
  }

  @Test func refusesWrongValues() {
    expect("head.components must be an integer, not the number 1.5") {
      try settings(["components": .number(1.5)])
    }
    expect("head.components is 0; it must be at least 1") {
      try settings(["components": .integer(0)])
    }
    expect("head.scale is 0; it must be above 0.0") { try settings(["scale": .integer(0)]) }
    expect("head.kind must be one of diagonal, full, not the string \"round\"") {
      try settings(["kind": .string("round")])
    }
    expect("head.tied excludes head.kind full") { try settings(["kind": .string("full")]) }
    expect("head.name is \"flw\"; it must be one of point, mixture") {
      throw HeadConfiguration(name: "flw").unknownName(known: ["point", "mixture"])
    }
  }
}
