import JEPATensor
import JEPATestSupport
import Testing

@Suite struct GradientSumTests {
  private static let model = {
    var random = RandomSource(seed: 3)
    return MLP(dimensions: 6, hiddenDimensions: 5, using: &random)
  }()

  private static func parts(_ count: Int) -> [(x: Tensor, gradients: Gradients)] {
    (0..<count).map { part in
      var random = RandomSource(seed: UInt64(part))
      let x = Tensor.normal([4, 6], using: &random)
      return (x, valueAndGradients(of: model) { $0(x).square().sum() }.gradients)
    }
  }

  /// The sum of the first half plus that of the second, down to single terms.
  private static func tree(_ terms: ArraySlice<Tensor>) -> Tensor {
    if terms.count == 1 { return terms[terms.startIndex] }
    let first = terms.prefix(terms.count / 2)
    return tree(first) + tree(terms.dropFirst(first.count))
  }

  /// Those of the last layer first.
  @Test func gradientsAreHandedOverInTheBackwardPassesOrder() throws {
    let (x, expected) = Self.parts(1)[0]
    var order: [String] = []
    let total = value(
      of: Self.model,
      gradients: { index, gradient in
        order.append(expected.names[index])
        if let expected = expected.tensors[index] {
          expectSameBits(gradient, expected, expected.description)
        }
      }
    ) { $0(x).square().sum() }
    #expect(Set(order.prefix(2)) == ["fc2.weight", "fc2.bias"])
    #expect(Set(order.suffix(2)) == ["fc1.weight", "fc1.bias"] && order.count == 4)
    #expect(!total.needsGradient)
  }

  @Test func whatTheObjectiveDoesNotDependOnIsNotHandedOver() {
    var places: [Int] = []
    _ = value(of: Self.model, gradients: { index, _ in places.append(index) }) {
      $0.fc2.weight.square().sum()
    }
    #expect(places.map { Self.model.trainedNames()[$0] } == ["fc2.weight"])
  }

  /// In whatever order they come, and by whichever thread.
  @Test(arguments: [1, 2, 5])
  func sumsAreThoseOfThePartsInOrder(_ count: Int) throws {
    let parts = Self.parts(count)
    for round in 0..<5 {
      let sum = GradientSum(of: Self.model, parts: count)
      _ = parallelMap(count, threads: 3) { index in
        let part = (index + round) % count
        for (place, gradient) in parts[part].gradients.tensors.enumerated().reversed() {
          if let gradient { sum.add(gradient, at: place, ofPart: part) }
        }
      }
      let total = sum.finish()
      for name in Self.model.trainedNames() {
        let terms = try parts.map { try #require($0.gradients[name]) }
        expectSameBits(try #require(total[name]), Self.tree(terms[...]), name)
      }
    }
  }

  @Test func aParameterMayBeMissingFromSomePartsOrAll() throws {
    let sum = GradientSum(of: Self.model, parts: 3)
    sum.add(.full([5, 6], 1), at: 0, ofPart: 2)
    sum.add(.full([5, 6], 2), at: 0, ofPart: 0)
    let total = sum.finish()
    #expect(try #require(total["fc1.weight"]).floats() == Array(repeating: 3, count: 30))
    #expect(total["fc1.bias"] == nil && total["fc2.weight"] == nil)
  }

  /// Each as soon as all parts have it.
  @Test func sumsAreHandedOn() {
    let taken = Lock<[Int: Float]>([:])
    let sum = GradientSum(of: Self.model, parts: 2) { place, total in
      taken.withLock { $0[place] = total.floats()[0] }
    }
    sum.add(.full([6], 1), at: 3, ofPart: 0)
    sum.add(.full([5], 4), at: 1, ofPart: 1)
    #expect(taken.withLock { $0 }.isEmpty)
    sum.add(.full([6], 2), at: 3, ofPart: 1)
    #expect(taken.withLock { $0 } == [3: 3])
    let rest = sum.finish()
    #expect(taken.withLock { $0 } == [3: 3, 1: 4])
    #expect(rest.tensors.allSatisfy { $0 == nil })
  }
}
