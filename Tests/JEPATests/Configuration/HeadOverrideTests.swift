import JEPA
import Testing

/// `--set head.name`: another head has options of its own.
@Suite struct HeadOverrideTests {
  private func head(_ overrides: String...) throws -> HeadConfiguration {
    try TrainingConfiguration(
      yaml: "head: {name: mixture, components: 4, rank: 1}", overrides: overrides
    ).head
  }

  @Test func anotherHeadDropsTheFilesOptions() throws {
    #expect(try head("head.name=flow") == HeadConfiguration(name: "flow"))
    // Wherever the name stands, options that are set with it stay.
    let flow = HeadConfiguration(name: "flow", options: ["couplings": .integer(2)])
    #expect(try head("head.name=flow", "head.couplings=2") == flow)
    #expect(try head("head.couplings=2", "head.name=flow") == flow)
  }

  @Test func theSameHeadKeepsThem() throws {
    let options: [String: ConfigurationValue] = ["components": .integer(8), "rank": .integer(1)]
    let expected = HeadConfiguration(name: "mixture", options: options)
    #expect(try head("head.components=8") == expected)
    #expect(try head("head.name=mixture", "head.components=8") == expected)
  }
}
