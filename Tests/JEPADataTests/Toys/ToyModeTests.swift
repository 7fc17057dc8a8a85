import JEPAData
import Testing

@Suite struct ToyModeTests {
  @Test func distanceToAPolyline() {
    let mode = ToyMode(ridge: [[0, 0], [2, 0], [2, 2]], weight: 1, radius: 0.5)
    #expect(mode.location == [2, 0])
    #expect(mode.distance(to: [1, 1]) == 1)
    #expect(mode.distance(to: [3, 3]) == 2.0.squareRoot())
    #expect(mode.distance(to: [-1, 0]) == 1)
    #expect(mode.contains([2.25, 1]) && !mode.contains([1, 0.75]))
  }

  @Test func distanceToAPoint() {
    let mode = ToyMode(ridge: [[3]], weight: 0.5, radius: 1)
    #expect(mode.location == [3])
    #expect(mode.distance(to: [1]) == 2)
  }
}
