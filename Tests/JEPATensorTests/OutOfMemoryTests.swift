import Foundation
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct OutOfMemoryTests {
  /// More bytes than there are addresses.
  private static var beyond: Int { 1 << 47 }

  @Test func aTensorThatDoesNotFitEndsWithALine() async {
    let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent])
    {
      _ = Tensor.zeros([Self.beyond / 4])
    }
    expectOneLine(
      result, "out of memory: the system refuses 131072.0 GiB for a tensor (", "tensors hold",
      "lower data.batch_size")
  }

  @Test func roomThatIsNotThereIsAnError() throws {
    try OutOfMemory.requireRoom(1 << 20)
    #expect {
      try OutOfMemory.requireRoom(Self.beyond)
    } throws: { error in
      let text = "\(error)"
      return error is MemoryShortage && !text.contains("\n")
        && text.hasPrefix("out of memory: a step needs ")
        && text.contains("131072.0 GiB beside them, which the system refuses (")
    }
  }
}
