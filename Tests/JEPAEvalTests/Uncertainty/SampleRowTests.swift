import JEPATensor
import JEPATestSupport
import Testing

@testable import JEPAEval

@Suite struct SampleRowTests {
  /// A network sorts everything if it sorts every sequence of zeros and ones.
  @Test(arguments: 2...12) func networksSort(count: Int) {
    let network = SortingNetwork.comparators(count)
    for pattern in 0..<(1 << count) {
      var values = (0..<count).map { pattern >> $0 & 1 }
      for comparator in network {
        let (a, b) = (Int(comparator.lower), Int(comparator.upper))
        if values[a] > values[b] { values.swapAt(a, b) }
      }
      #expect(values == values.sorted())
    }
    #expect(SortingNetwork.comparators(1).isEmpty)
    #expect(SortingNetwork.comparators(64).count == 543)  // Knuth 3, §5.3.4
  }

  /// Two draws, 0 and 1 in the first coordinate and 3 and 3 in the second, of a target (2, 3).
  @Test func byHand() {
    let row = SampleRow(count: 2, dimensions: 2)
    let samples: [Float] = [0, 3, 1, 3]
    let target: [Float] = [2, 3]
    row.load(samples: samples, stride: 2, target: target)
    let distances = row.meanDistances()
    #expect(distances.toTarget == 1.5 && distances.betweenDraws == 1)
    var (less, equal): ([Float], [Float]) = ([9, 9], [9, 9])
    let scores = row.coordinateScores(less: &less, equal: &equal)
    #expect(less == [2, 0] && equal == [0, 2])
    // First coordinate: (2 + 1)/2 − ½ · 1; second: 0.
    #expect(scores.crps == 0.5)
    #expect(scores.variance == 0.25)
    #expect(scores.width80 == 0.5)
  }

  /// Of nine draws 1 … 9, the quantiles at 0.1 and 0.9 of a tenth draw are the first and the last.
  @Test func intervalsHoldWhatTheySay() {
    let row = SampleRow(count: 9, dimensions: 1)
    row.load(samples: [5, 9, 1, 3, 7, 8, 2, 6, 4], stride: 1, target: [0])
    var (less, equal): ([Float], [Float]) = ([0], [0])
    #expect(row.coordinateScores(less: &less, equal: &equal).width80 == 8)
  }
}
