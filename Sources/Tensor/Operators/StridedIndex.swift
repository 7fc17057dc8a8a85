/// Walks the rows (innermost axis) of a broadcast shape.
enum StridedIndex {
  /// Calls `body(rowStart, offsets, length)` for each row of `shape`, where `offsets[k]` is operand
  /// k's element offset for the strides `steps[k]` (0 where it is repeated).
  static func forEachRow(
    _ shape: [Int], _ steps: [[Int]], _ body: (Int, [Int], Int) -> Void
  ) {
    if shape.contains(0) { return }
    let length = shape.last ?? 1
    let outer = shape.dropLast()
    var index = [Int](repeating: 0, count: outer.count)
    var offsets = [Int](repeating: 0, count: steps.count)
    var row = 0
    while true {
      body(row, offsets, length)
      row += length
      var axis = outer.count - 1
      while axis >= 0 {
        index[axis] += 1
        for k in steps.indices { offsets[k] += steps[k][axis] }
        if index[axis] < outer[axis] { break }
        for k in steps.indices { offsets[k] -= steps[k][axis] * outer[axis] }
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }

  /// The broadcast of two shapes (NumPy's rules).
  static func broadcast(_ a: [Int], _ b: [Int], _ operation: String) -> [Int] {
    let rank = max(a.count, b.count)
    return (0..<rank).map { i in
      let x = i < rank - a.count ? 1 : a[i - (rank - a.count)]
      let y = i < rank - b.count ? 1 : b[i - (rank - b.count)]
      require(
        x == y || x == 1 || y == 1, "\(operation): shapes \(a) and \(b) do not broadcast")
      return x == 1 ? y : x
    }
  }

  /// The strides of `shape` within `broadcast`, 0 along repeated axes.
  static func strides(_ shape: [Int], in broadcast: [Int]) -> [Int] {
    var steps = [Int](repeating: 0, count: broadcast.count)
    var step = 1
    for i in stride(from: shape.count - 1, through: 0, by: -1) {
      let axis = i + broadcast.count - shape.count
      steps[axis] = shape[i] == 1 && broadcast[axis] != 1 ? 0 : step
      step *= shape[i]
    }
    return steps
  }

  /// Adjacent axes over which every operand runs on without a gap become one, so that the innermost
  /// loop is as long as it can be.
  static func collapsed(_ shape: [Int], _ steps: [[Int]]) -> ([Int], [[Int]]) {
    var sizes: [Int] = []
    var strides = steps.map { _ in [Int]() }
    for axis in shape.indices {
      if shape[axis] == 1 && shape.count > 1 { continue }
      if let last = sizes.last,
        steps.indices.allSatisfy({ strides[$0][sizes.count - 1] == steps[$0][axis] * shape[axis] })
      {
        sizes[sizes.count - 1] = last * shape[axis]
        for k in steps.indices { strides[k][sizes.count - 1] = steps[k][axis] }
      } else {
        sizes.append(shape[axis])
        for k in steps.indices { strides[k].append(steps[k][axis]) }
      }
    }
    if sizes.isEmpty { return ([1], steps.map { _ in [0] }) }
    return (sizes, strides)
  }
}
