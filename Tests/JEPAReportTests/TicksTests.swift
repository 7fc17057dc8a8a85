import Testing

@testable import JEPAReport

@Suite struct AxisTests {
  @Test func linearTicksAreRound() {
    let ticks = Axis.linearTicks(0.13, 1.07, count: 5)
    #expect(ticks.map(\.label) == ["0.2", "0.4", "0.6", "0.8", "1.0"])
  }
}
