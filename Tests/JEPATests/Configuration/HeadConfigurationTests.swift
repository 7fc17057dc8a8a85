import Testing

@testable import JEPA

@Suite struct HeadConfigurationTests {
  private struct Settings: Equatable {
    var components = 0
    var scale = 0.0
    var tied = false
    var kind = ""
  }

  private func settings(_ options: [String: ConfigurationValue]) throws -> Settings {
    try HeadConfiguration(name: "mixture", options: options).reading { options in
      Settings(
        components: try options.integer("components", default: 8, atLeast: 1),
        scale: try options.number("scale", default: 0.5, above: 0),
        tied: try options.boolean("tied", default: true),
        kind: try options.choice("kind", default: "diagonal", of: ["diagonal", "full"]))
    }
  }

  @Test func readsOptionsAndDefaults() throws {
    #expect(try settings([:]) == Settings(components: 8, scale: 0.5, tied: true, kind: "diagonal"))
    let given: [String: ConfigurationValue] = [
      "components": .integer(3), "scale": .integer(2), "tied": .boolean(false),
      "kind": .string("full"),
    ]
    #expect(try settings(given) == Settings(components: 3, scale: 2, tied: false, kind: "full"))
  }

  @Test func refusesUnknownOptions() {
    expect(
      "head.componets is not an option of the head \"mixture\"; "
        + "the nearest valid one is head.components"
    ) { try settings(["componets": .integer(3)]) }
    expect(
      "head.nmae is not an option of the head \"point\"; the nearest valid one is head.name"
    ) { try TrainingConfiguration(yaml: "head: {nmae: point}").head.reading { _ in } }
  }

  @Test func refusesWrongValues() {
    expect("head.components must be an integer, not the number 1.5") {
      try settings(["components": .number(1.5)])
    }
    expect("head.components is 0; it must be at least 1") {
      try settings(["components": .integer(0)])
    }
    expect("head.scale is 0; it must be above 0.0") { try settings(["scale": .integer(0)]) }
    expect("head.kind is round; it must be one of diagonal, full") {
      try settings(["kind": .string("round")])
    }
    expect("head.name is \"flw\"; it must be one of point, mixture") {
      throw HeadConfiguration(name: "flw").unknownName(known: ["point", "mixture"])
    }
  }
}
