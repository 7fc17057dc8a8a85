@testable import JEPATensor
import Testing

@Suite struct FreeRangesTests {
  @Test func takesFromTheFirstPlaceThatIsLongEnough() {
    var free = FreeRanges()
    free.put(1000, 50, holdsPages: true)
    free.put(2000, 500, holdsPages: true)
    free.put(3000, 500, holdsPages: true)
    let place = free.take(100)
    #expect(place?.start == 2000 && place?.needsPages == false)
    #expect(free.parts.map(\.start) == [1000, 2100, 3000] && free.bytesHeld == 950)
    #expect(free.take(501) == nil && free.bytesHeld == 950)
  }

  @Test func neighboursJoin() {
    var free = FreeRanges()
    free.put(100, 50, holdsPages: true)
    free.put(200, 50, holdsPages: true)
    free.put(150, 50, holdsPages: true)
    #expect(free.parts == [.init(start: 100, count: 150, holdsPages: true)])
    free.put(250, 50, holdsPages: false)
    #expect(free.parts.count == 2 && free.bytesHeld == 150)
    let place = free.take(180)
    #expect(place?.start == 100 && place?.needsPages == true)
    #expect(free.parts == [.init(start: 280, count: 20, holdsPages: false)] && free.bytesHeld == 0)
  }

  @Test func theLongestPartGivesUpItsPages() {
    var free = FreeRanges()
    free.put(100, 50, holdsPages: true)
    free.put(150, 50, holdsPages: false)
    free.put(300, 80, holdsPages: true)
    #expect(free.dropLongest(atMost: 20)?.start == 360 && free.bytesHeld == 110)
    #expect(free.dropLongest()?.start == 300 && free.bytesHeld == 50)
    #expect(free.dropLongest()?.start == 100 && free.bytesHeld == 0)
    #expect(free.parts.first == .init(start: 100, count: 100, holdsPages: false))
    #expect(free.dropLongest() == nil)
  }

  @Test func addressesAreNeitherLostNorGivenTwice() {
    var random = RandomSource(seed: 3)
    var free = FreeRanges()
    free.put(0, 5000, holdsPages: false)
    free.put(10_000, 5000, holdsPages: false)
    var taken = [Bool](repeating: false, count: 15_000)
    var held: [Range<Int>] = []
    for step in 0..<20_000 {
      let count = 1 + random.integer(below: 300)
      if random.uniform() < 0.5, let place = free.take(count) {
        let range = Int(place.start)..<Int(place.start) + count
        #expect(!taken[range].contains(true), "step \(step) gives \(range)")
        for address in range { taken[address] = true }
        held.append(range)
      } else if !held.isEmpty {
        let range = held.remove(at: random.integer(below: held.count))
        for address in range { taken[address] = false }
        free.put(UInt(range.lowerBound), range.count, holdsPages: true)
      }
      if step % 50 == 0 { _ = free.dropLongest() }
      if step % 500 == 0 { check(free, taken) }
    }
    for range in held { free.put(UInt(range.lowerBound), range.count, holdsPages: true) }
    #expect(free.parts.reduce(0) { $0 + $1.count } == 10_000)
  }

  private func check(_ free: FreeRanges, _ taken: [Bool]) {
    let inUse = taken.lazy.filter { $0 }.count
    #expect(free.parts.reduce(0) { $0 + $1.count } == 10_000 - inUse)
    #expect(
      free.bytesHeld == free.parts.filter(\.holdsPages).reduce(0) { $0 + $1.count })
    for part in free.parts {
      #expect(!taken[Int(part.start)..<Int(part.start) + part.count].contains(true))
    }
    for (a, b) in zip(free.parts, free.parts.dropFirst()) {
      let end = a.start + UInt(a.count)
      #expect(end < b.start || (end == b.start && a.holdsPages != b.holdsPages))
    }
  }
}
