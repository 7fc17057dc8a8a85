import FuzzSupport
import JEPA
import Testing

/// A few thousand hostile inputs per reader; `make fuzz` reads a million.
@Suite struct FuzzTests {
  @Test(arguments: [
    "jpeg", "jpeg-headers", "png", "safetensors", "safetensors-header", "checkpoint", "yaml", "csv",
    "folds", "labels", "metrics",
  ])
  func readersEndWithAValueOrAnError(_ name: String) throws {
    let place = try FuzzPlace()
    let targets = try FuzzTarget.all(seed: 1, in: place)
    let target = try #require(targets.first { $0.name == name })
    var accepted = 0
    for index in 0..<2000 where try target.run(index) == .accepted { accepted += 1 }
    // Neither does everything pass, nor is everything refused at the door.
    #expect(accepted > 0 && accepted < 2000, "\(accepted) of 2000 accepted")
  }

  /// An input can be read again by its number.
  @Test func inputsAreFunctionsOfTheirNumber() throws {
    let place = try FuzzPlace()
    let (a, b) = (
      try FuzzTarget.all(seed: 3, in: place), try FuzzTarget.all(seed: 4, in: place)
    )
    for (one, other) in zip(a, b) {
      #expect(one.input(7) == one.input(7))
      #expect((0..<20).contains { one.input($0) != other.input($0) })
    }
  }
}
