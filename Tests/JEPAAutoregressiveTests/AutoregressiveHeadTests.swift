import Foundation
import JEPAAutoregressive
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct AutoregressiveHeadTests {
  @Test func namesAndShapes() {
    let head = smallHead()
    let named = head.namedParameters()
    #expect(
      named.map(\.name) == [
        "layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias", "out.weight",
        "out.bias", "shift.weight",
      ])
    #expect(
      named.map(\.tensor.shape) == [[13, 8], [13], [13, 16], [13], [45, 16], [45], [5, 5]])
    #expect(head.trainedNames() == named.map(\.name))
    expectEveryTensorIsWalked(head)
    let plain = smallHead {
      $0.hiddenLayers = 1
      $0.linearShift = false
    }
    #expect(
      plain.namedParameters().map(\.name)
        == ["layers.0.weight", "layers.0.bias", "out.weight", "out.bias"])
    #expect(smallHead(target: 1).shift == nil)
  }

  /// Degrees are sorted and even; without context none is 0, unless there is but one coordinate.
  @Test func degrees() {
    #expect(smallHead().layout.degrees == [0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 3, 4, 4])
    #expect(smallHead(context: 0).layout.degrees == [1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4])
    #expect(smallHead(context: 0, target: 1).layout.degrees == .init(repeating: 0, count: 13))
    #expect(smallHead().layout.unitsThrough == [3, 6, 8, 11, 13])
    let few = smallHead(target: 40) { $0.hiddenDimensions = 4 }
    #expect(few.layout.degrees == [0, 10, 20, 30])
    #expect(few.layout.outputLength(9) == 4)
  }

  @Test func orderings() {
    let head = smallHead(target: 12) { $0.orderings = 3 }
    #expect(head.orders.count == 3)
    #expect(head.orders[0] == Array(0..<12))
    for order in head.orders { #expect(order.sorted() == Array(0..<12)) }
    #expect(Set(head.orders).count == 3)
    let random = smallHead(target: 12) { $0.naturalOrder = false }
    #expect(random.orders[0] != Array(0..<12))
    #expect(smallHead(target: 12, seed: 8) { $0.naturalOrder = false }.orders == random.orders)
    let other = smallHead(target: 12) {
      $0.naturalOrder = false
      $0.orderSeed = 1
    }
    #expect(other.orders != random.orders)
  }

  /// The mixture at each position moves with every coordinate before it, and with no other.
  @Test(arguments: [0, 1])
  func dependsOnWhatComesBefore(_ ordering: Int) {
    // More positions than one block holds.
    let count = 100
    let head = smallHead(target: count) {
      $0.orderings = 2
      $0.hiddenDimensions = 210
    }
    let (context, y) = (normal([1, 3]), normal([1, count], seed: 4))
    func mixtures(_ y: Tensor) -> [Double] {
      let blocks = head.parameters(of: y, context: context, ordering)
      #expect(blocks.count == 2)
      let joined = Tensor.concatenated(blocks.map(\.values), axis: 3).reshaped([9, count])
      let shifts = head.shifts(of: y, ordering) ?? .zeros([1, count], dtype: .float64)
      return Tensor.concatenated([joined, shifts], axis: 0).transposed().doubles()
    }
    let before = mixtures(y)
    for moved in [0, 1, 49, 50, 98, 99] {
      var values = y.doubles()
      values[moved] += 1
      let after = mixtures(Tensor(values, shape: [1, count]))
      for position in 0..<count {
        let range = position * 10..<(position + 1) * 10
        let same = before[range] == after[range]
        #expect(same == (position <= moved), "\(moved) moved, at position \(position)")
      }
    }
  }

  /// With several orderings, the density is the mean of the densities of heads with one each.
  @Test func meanOfOrderings() {
    let head = smallHead { $0.orderings = 3 }
    let (context, y) = (normal([6, 3]), normal([6, 5], seed: 2))
    let each = (0..<3).map { index -> [Double] in
      let order = head.orders[index]
      // The same head for targets whose coordinates already stand in that order.
      var moved = smallHead()
      let columns = [0, 1, 2] + order.map { 3 + $0 }
      moved.layers = head.layers
      moved.layers[0].weight = head.layers[0].weight.transposed().gatherRows(columns).transposed()
      let rows = (0..<9).flatMap { parameter in order.map { parameter * 5 + $0 } }
      moved.out = head.out
      moved.out.weight = head.out.weight.gatherRows(rows)
      moved.out.bias = head.out.bias?.gatherRows(rows)
      moved.shift = head.shift?.gatherRows(order).transposed().gatherRows(order).transposed()
      let target = y.transposed().gatherRows(order).transposed()
      return moved(context).logDensity(of: target).doubles()
    }
    let expected = (0..<6).map { row in log(each.reduce(0) { $0 + exp($1[row]) } / 3) }
    expectClose(head(context).logDensity(of: y).doubles(), expected, relative: 1e-12)
    // The loss is one of the orderings', and all have their turn.
    var random = RandomSource(seed: 3)
    var drawn: Set<Int> = []
    for _ in 0..<30 {
      let loss = head(context).loss(of: y, using: &random).doubles()
      let index = each.firstIndex { abs($0[0] + loss[0]) < 1e-9 }
      guard let index else { Issue.record("a loss of no ordering"); continue }
      drawn.insert(index)
      expectClose(loss, each[index].map { -$0 }, relative: 1e-11)
    }
    #expect(drawn == [0, 1, 2])
  }

  /// With one component and no other weights, the shift alone makes a Gaussian with its covariance.
  @Test func everyGaussianIsInTheModel() {
    var head = smallHead(context: 0, target: 2) { $0.components = 1 }
    head.forEachParameter { _, tensor, _ in tensor = .zeros(tensor.shape, dtype: .float64) }
    // y₁ ~ N(0, 1), y₂ | y₁ ~ N(0.8 y₁, 0.6²): correlation 0.8.
    head.shift = Tensor([0, 0, 0.8, 0], shape: [2, 2])
    head.out.bias = Tensor([0, 0, 0, 0, log(1 - 1e-3), log(0.6 - 1e-3)], shape: [6])
    let y = normal([7, 2])
    let expected = (0..<7).map { row -> Double in
      let (a, b) = (y.doubles()[2 * row], y.doubles()[2 * row + 1])
      return -(a * a - 1.6 * a * b + b * b) / (2 * 0.36) - log(2 * Double.pi) - log(0.6)
    }
    expectClose(
      head(.zeros([7, 0], dtype: .float64)).logDensity(of: y).doubles(), expected, relative: 1e-12)
  }

  @Test func initialValues() {
    var random = RandomSource(seed: 5)
    let head = AutoregressiveHead(contextDimensions: 96, targetDimensions: 191, using: &random)
    let bias = head.out.bias?.doubles() ?? []
    let means = (0..<5).map { bias[(5 + $0) * 191 + 7] }
    #expect(means == means.sorted() && Set(means).count == 5)
    let context = normal([50, 96], dtype: .float32)
    let y = normal([50, 191], seed: 3, dtype: .float32)
    // Close to a mixture of unit Gaussians around N(0, 1)'s quantiles, in each coordinate.
    let each = head(context).logDensity(of: y).mean().item() / 191
    #expect(abs(each + 1.5) < 0.05, "\(each) nats a coordinate")
    #expect(head.parameterCount < 1_800_000)
  }

  @Test func usedComponents() {
    var head = smallHead()
    head.out.weight = .zeros(head.out.weight.shape, dtype: .float64)
    let width = 5
    var bias = [Double](repeating: 0, count: 9 * width)
    head.out.bias = Tensor(bias, shape: [45])
    let context = normal([20, 3])
    #expect(abs(head(context).usedComponents - 3) < 1e-9)
    for d in 0..<width { bias[d] = 50 }
    head.out.bias = Tensor(bias, shape: [45])
    #expect(abs(head(context).usedComponents - 1) < 1e-9)
    #expect(head(.zeros([0, 3], dtype: .float64)).usedComponents == 1)
  }
}
