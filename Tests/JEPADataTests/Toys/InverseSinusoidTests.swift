import Foundation
import JEPAData
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct InverseSinusoidTests {
  let toy = InverseSinusoid()

  @Test func supportIsWhatAGridFinds() {
    for x in stride(from: -0.095, through: 1.1, by: 0.0531) {
      let intervals = toy.support(given: x)
      let cells = 100_000
      let inside = (0..<cells).filter { cell in
        abs(x - toy.curve((Double(cell) + 0.5) / Double(cells))) < 0.1
      }
      let length = intervals.reduce(0) { $0 + $1.upperBound - $1.lowerBound }
      #expect(abs(length - Double(inside.count) / Double(cells)) < 5e-5, "x = \(x)")
      let runs = zip(inside, inside.dropFirst()).filter { $1 != $0 + 1 }.count + 1
      #expect(intervals.count == runs, "x = \(x)")
    }
    #expect(toy.support(given: -0.2).isEmpty)
  }

  @Test func straightLineByHand() {
    // Without the sinusoid, t given x is uniform on [x − b, x + b] ∩ [0, 1].
    let line = InverseSinusoid(amplitude: 0, noise: 0.1)
    let logDensity = line.logDensity(
      of: Tensor([0.5, 0.02, 0.7], shape: [3, 1]), given: Tensor([0.55, 0.0, 0.5], shape: [3, 1]))
    expectClose(
      logDensity.doubles(), [-log(0.2), -log(0.1), -.infinity], relative: 1e-9)
    // x is inside [0.1, 0.9] with probability 0.8, and there the entropy is log 0.2. On each side L
    // runs from 0 to 0.2 with density L / 0.2: ∫ L log L dL / 0.2 = 0.1 log 0.2 − 0.05.
    let expected = 0.8 * log(0.2) + 2 * (0.1 * log(0.2) - 0.05)
    #expect(abs(line.conditionalEntropy() - expected) < 1e-8)
  }

  @Test func entropyIsWhatAFineGridGives() {
    let cells = 40_000
    let (low, high) = (-0.1, 1.1)
    var total = 0.0
    for cell in 0..<cells {
      let x = low + (Double(cell) + 0.5) / Double(cells) * (high - low)
      let length = toy.support(given: x).reduce(0) { $0 + $1.upperBound - $1.lowerBound }
      total += length * log(length) * (high - low) / Double(cells) / 0.2
    }
    #expect(abs(total - toy.conditionalEntropy()) < 1e-6)
  }

  @Test func twoModesWhereTheCurveFoldsAndOneInTheMiddle() {
    let counts = toy.modes(given: toy.exampleContexts).map(\.count)
    #expect(counts == [1, 2, 1, 2, 1])
  }
}
