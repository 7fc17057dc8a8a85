import JEPADistributed
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct CommunicatorTests {
  private struct Fault: Error, Equatable {}

  /// Everything that several processes would exchange leaves a process alone as it was.
  @Test func aProcessAloneKeepsItsValues() throws {
    let alone = SingleProcess()
    #expect((alone.rank, alone.count) == (0, 1))
    #expect(try alone.sum([1.5, -2]) == [1.5, -2])
    #expect(try alone.gather([3, 4]) == [[3, 4]])
    #expect(try alone.any(true) && !alone.any(false))
    var tensor = Tensor([1, 2, 3], shape: [3])
    try alone.broadcast(&tensor)
    #expect(tensor.floats() == [1, 2, 3])
    var values: [Float] = [0.1, 0.2]
    values.withUnsafeMutableBytes {
      alone.sum($0, of: .float32)
      alone.broadcast($0, from: 0)
    }
    alone.barrier()
    #expect(values == [0.1, 0.2])
    #expect(try alone.shared { ["a": 1.5] } == ["a": 1.5])
    // Its errors are its own.
    #expect(throws: Fault.self) { try alone.together { throw Fault() } }
    #expect(throws: Fault.self) { try alone.shared { () -> Int in throw Fault() } }
  }

  @Test(arguments: [2, 3, 4, 7])
  func ranksGetTheSameSums(_ count: Int) throws {
    let results = try ThreadRanks.run(count) { ranks in
      let rank = Double(ranks.rank)
      return try (ranks.sum([rank, 1]), ranks.gather([rank, rank * rank]), ranks.any(rank == 1))
    }
    #expect(results.count == count)
    let last = Double(count - 1)
    for (sums, all, any) in results {
      #expect(sums == [last * (last + 1) / 2, Double(count)])
      #expect(all == (0..<count).map { [Double($0), Double($0 * $0)] })
      #expect(any)
    }
  }

  /// In float32, 10⁸ + 1 is 10⁸. The order of additions decides: a running sum of (10⁸, 1, −10⁸, 1) is 1, a
  /// balanced tree's (10⁸ + 1) + (−10⁸ + 1) is 0.
  @Test func sumsAreBalancedTrees() throws {
    let terms: [Float] = [1e8, 1, -1e8, 1]
    let sums = try ThreadRanks.run(4) { ranks -> Float in
      var value = [terms[ranks.rank]]
      try value.withUnsafeMutableBytes { try ranks.sum($0, of: .float32) }
      return value[0]
    }
    #expect(sums == [0, 0, 0, 0])
    #expect(balancedSum(0..<4, { terms[$0] }) { $0 += $1 } == 0)
    #expect(terms.reduce(0, +) == 1)
  }

  /// What is summed within two processes and then over them has the bits of the sum in one.
  @Test func processesHaveSubtrees() {
    var random = RandomSource(seed: 4)
    let terms = (0..<12).map { _ in Float(random.normal()) }
    func sum(_ range: Range<Int>) -> Float? { balancedSum(range, { terms[$0] }) { $0 += $1 } }
    for count in [2, 4] {
      let parts = (0..<count).map { sum($0 * 12 / count..<($0 + 1) * 12 / count) }
      #expect(balancedSum(0..<count, { parts[$0] }) { $0 += $1 } == sum(0..<12))
    }
    #expect(sum(0..<0) == nil)
    #expect(balancedSum(0..<3, { $0 == 1 ? nil : $0 + 1 }) { $0 += $1 } == 4)
  }

  @Test func theFirstRankSharesWhatItHas() throws {
    struct Note: Codable, Equatable {
      var text: String
      var values: [String: Double]
    }
    let note = Note(text: "größer", values: ["a": 0.1, "b": .infinity])
    let notes = try ThreadRanks.run(3) { ranks in
      try ranks.shared { () -> Note in
        #expect(ranks.rank == 0)
        return note
      }
    }
    #expect(notes == [note, note, note])
    let tensors = try ThreadRanks.run(3) { ranks in
      var tensor = Tensor.full([2, 2], Double(ranks.rank) + 5)
      let before = tensor
      try ranks.broadcast(&tensor)
      #expect(before.floats()[0] == Float(ranks.rank) + 5)
      return tensor.floats()
    }
    #expect(tensors == Array(repeating: [5, 5, 5, 5], count: 3))
  }

  /// Whichever fails tells, and nobody waits for it.
  @Test(arguments: [[1], [0, 2], [0, 1, 2]])
  func aFailureEndsWhatIsDoneTogether(_ failing: [Int]) throws {
    let failures = try ThreadRanks.run(3) { ranks -> JointFailure? in
      do {
        try ranks.together { if failing.contains(ranks.rank) { throw Fault() } }
        return nil
      } catch let failure as JointFailure { return failure }
    }
    #expect(failures.map { $0?.rank } == Array(repeating: failing[0], count: 3))
    for (rank, failure) in failures.enumerated() {
      #expect((failure?.cause as? Fault) == (rank == failing[0] ? Fault() : nil))
    }
  }
}
