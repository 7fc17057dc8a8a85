import JEPATensor
import JEPATestSupport

extension OperatorCase {
  private static let reshapes: [(from: [Int], to: [Int], shape: [Int])] = [
    ([2, 6], [3, 4], [3, 4]), ([2, 6], [4, -1], [4, 3]), ([1], [], []), ([], [1, 1], [1, 1]),
    ([0, 4], [2, 0], [2, 0]), ([17], [17, -1], [17, 1]),
  ]
  private static let transposes: [[Int]] = [
    [1, 1], [3, 5], [17, 63], [65, 33], [2, 3, 5], [2, 3, 4, 5], [0, 3], [3, 0], [0, 2, 3],
  ]
  private static let permutations: [(shape: [Int], axes: [Int])] = [
    ([], []), ([5], [0]), ([2, 3], [1, 0]), ([2, 3, 5], [2, 0, 1]), ([2, 3, 5], [1, 0, 2]),
    ([2, 1, 3, 4], [3, 1, 0, 2]), ([2, 0, 3], [2, 1, 0]),
  ]
  private static let slices: [(shape: [Int], axis: Int, range: Range<Int>)] = [
    ([5], 0, 1..<3), ([5], 0, 2..<2), ([5], 0, 0..<5), ([3, 5], 0, 1..<3), ([3, 5], 1, 4..<5),
    ([2, 3, 4], 1, 1..<2), ([2, 3, 4], 2, 1..<3), ([0, 3], 1, 0..<2), ([3, 0], 0, 1..<2),
  ]
  private static let broadcasts: [(from: [Int], to: [Int])] = [
    ([], [2, 3]), ([3], [2, 3]), ([2, 1], [2, 3]), ([1, 2, 1], [3, 2, 2]), ([2, 3], [2, 3]),
    ([1], [0]), ([1, 3], [0, 3]),
  ]

  static let movements: [OperatorCase] = {
    var cases: [OperatorCase] = []
    for (from, to, shape) in reshapes {
      cases.append(
        OperatorCase(
          "reshaped \(to)", [from], { $0[0].reshaped(to) },
          naive: { Naive($0[0].values, shape: shape) }))
    }
    for shape in transposes {
      let n = shape.count
      let axes = Array(0..<(n - 2)) + [n - 1, n - 2]
      cases.append(
        OperatorCase("transposed", [shape], { $0[0].transposed() }, naive: { $0[0].permuted(axes) })
      )
    }
    for (shape, axes) in permutations {
      cases.append(
        OperatorCase(
          "permuted \(axes)", [shape], { $0[0].permuted(axes) }, naive: { $0[0].permuted(axes) }))
    }
    for (shape, axis, range) in slices {
      cases.append(
        OperatorCase(
          "slice \(axis) \(range)", [shape], { $0[0].slice(axis: axis, range) },
          naive: { $0[0].slice(axis: axis, range) }))
    }
    for (from, to) in broadcasts {
      cases.append(
        OperatorCase(
          "broadcast \(to)", [from], { $0[0].broadcast(to: to) },
          naive: { x in Naive.broadcast([x[0], Naive(shape: to) { _ in 0 }]) { $0[0] } }))
    }
    for (axis, shape) in [(0, [1, 2, 3]), (1, [2, 1, 3]), (2, [2, 3, 1]), (-1, [2, 3, 1])] {
      cases.append(
        OperatorCase(
          "expanded \(axis)", [[2, 3]], { $0[0].expanded(axis: axis) },
          naive: { Naive($0[0].values, shape: shape) }))
    }
    return cases
  }()

  private static let parts: [(shapes: [[Int]], axis: Int)] = [
    ([[3]], 0), ([[3], [5]], 0), ([[2, 3], [1, 3], [0, 3]], 0), ([[2, 3], [2, 1], [2, 4]], 1),
    ([[2, 1, 3], [2, 2, 3]], 1), ([[0, 3], [0, 2]], 1), ([[17, 33], [17, 32]], 1),
  ]

  static let joins: [OperatorCase] = {
    var cases: [OperatorCase] = []
    for (shapes, axis) in parts {
      cases.append(
        OperatorCase(
          "concatenated \(axis)", shapes, { .concatenated($0, axis: axis) },
          naive: { .concatenated($0, axis: axis) }))
    }
    cases.append(
      OperatorCase("stacked", [[2, 3], [2, 3]]) { x in
        Tensor.stacked(x, axis: 1)
      } naive: { x in
        Naive.concatenated(x.map { Naive($0.values, shape: [2, 1, 3]) }, axis: 1)
      })
    // One part used twice, in another order.
    cases.append(
      OperatorCase("split and joined", [[5, 7]]) { x in
        let parts = x[0].split(axis: 1, sizes: [2, 0, 4, 1])
        return Tensor.concatenated([parts[3], parts[2], parts[0], parts[2]], axis: 1)
      } naive: { x in
        let ranges = [6..<7, 2..<6, 0..<2, 2..<6]
        return Naive.concatenated(ranges.map { x[0].slice(axis: 1, $0) }, axis: 1)
      })
    return cases
  }()
}
