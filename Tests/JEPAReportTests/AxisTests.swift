import Testing

@testable import JEPAReport

@Suite struct AxisTests {
  @Test func linearTicksAreRoundAndInside() {
    func labels(_ low: Double, _ high: Double, _ count: Int = 5) -> [String] {
      Axis.linearTicks(low, high, count: count).map(\.label)
    }
    // 0.94 / 5 = 0.188, so steps of 0.2.
    #expect(labels(0.13, 1.07) == ["0.2", "0.4", "0.6", "0.8", "1.0"])
    // 10 / 5 = 2 exactly, both ends included.
    #expect(labels(-4, 6) == ["\u{2212}4", "\u{2212}2", "0", "2", "4", "6"])
    #expect(labels(0, 30_000, 3) == ["0", "10.0\u{A0}k", "20.0\u{A0}k", "30.0\u{A0}k"])
    // 0.00003 / 3 = 0.00001.
    #expect(labels(0, 0.00003, 3) == ["0.00000", "0.00001", "0.00002", "0.00003"])
    #expect(labels(1, 1).isEmpty && labels(0, .infinity).isEmpty)
  }

  @Test(arguments: [(0.001, 0.0037), (-17.3, 912), (99.9, 100.1), (-1e-6, 1e6)])
  func ticksAreNeitherFewNorMany(_ low: Double, _ high: Double) {
    let ticks = Axis.linearTicks(low, high, count: 5)
    #expect((2...8).contains(ticks.count))
    #expect(ticks.allSatisfy { $0.value >= low - 1e-9 && $0.value <= high + 1e-9 })
    #expect(Set(ticks.map(\.label)).count == ticks.count)
  }

  @Test func logarithmicTicks() {
    #expect(Axis.logarithmicTicks(1, 20).map(\.label) == ["1", "2", "5", "10", "20"])
    #expect(Axis.logarithmicTicks(0.01, 100).map(\.label) == ["0.01", "0.1", "1", "10", "100"])
    #expect(Axis.logarithmicTicks(0, 1).isEmpty)
  }

  @Test func positions() {
    let linear = Axis(10...20)
    #expect(linear.position(12.5, from: 100, to: 200) == 125)
    #expect(linear.position(10, from: 200, to: 100) == 200)
    let log = Axis(1...100, kind: .logarithmic)
    #expect(abs(log.position(10, from: 0, to: 80) - 40) < 1e-9)
  }

  @Test func markedValues() {
    let axis = Axis(1...20, kind: .logarithmic).marking([16, 1, 4, 40, 4])
    #expect(axis.ticks.map(\.label) == ["1", "4", "16"])
    #expect(axis.low == 1 && axis.high == 20)
    #expect(AblationSection.apart([1, 2, 4, 16], true) == [1, 2, 4, 16])
    #expect(AblationSection.apart([1, 2, 100], false) == nil)
  }

  @Test func coversItsValues() {
    let axis = Axis(covering: [2, 4, .nan], includes: [5])
    // 6 % of 3 at each end.
    #expect(abs(axis.low - 1.82) < 1e-12 && abs(axis.high - 5.18) < 1e-12)
    // Shares do not begin below 0.
    #expect(Axis(covering: [0, 1]).low == 0)
    let single = Axis(covering: [3])
    #expect(single.low < 3 && single.high > 3)
    let none = Axis(covering: [])
    #expect(none.low == 0 && none.high == 1)
    let log = Axis(covering: [1, 16, -3, 0], kind: .logarithmic)
    #expect(log.low > 0 && log.low < 1 && log.high > 16)
  }
}

@Suite struct LabelPlacementTests {
  @Test func apart() {
    func spread(_ wanted: [Double]) -> [Double] {
      LabelPlacement.spread(wanted, gap: 10, in: 0...100)
    }
    #expect(spread([20, 50, 80]) == [20, 50, 80])
    // Two that want the same lie to either side of it, in their order.
    #expect(spread([50, 50]) == [45, 55])
    // Three: 48, 50 and 52 about their mean.
    #expect(spread([52, 48, 50]) == [60, 40, 50])
    // Pushed in from the ends.
    #expect(spread([99, 100]) == [90, 100])
    #expect(spread([0, 1]) == [0, 10])
    #expect(spread([]) == [])
  }
}
