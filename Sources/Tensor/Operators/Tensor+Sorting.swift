// Order along the last axis.

extension Tensor {
  /// The values of each row of the last axis in order, with the places they had: NaN last, equal values in the order
  /// they stand in. The gradient goes back to those places.
  ///
  /// - Returns: values of this tensor's shape, and for each the index in its row.
  public func sorted(descending: Bool = false) -> (values: Tensor, indices: [Int]) {
    picked(shape.last ?? 0, descending: descending, "sorted")
  }

  /// The `count` largest values of each row of the last axis, the largest first.
  ///
  /// - Returns: values [..., count], and for each the index in its row.
  public func topK(_ count: Int) -> (values: Tensor, indices: [Int]) {
    picked(count, descending: true, "topK")
  }

  private func picked(
    _ kept: Int, descending: Bool, _ operation: String
  ) -> (values: Tensor, indices: [Int]) {
    require(
      rank >= 1 && kept >= 0 && kept <= shape[rank - 1],
      "\(operation): \(kept) of the last axis of \(shape)")
    let width = shape[rank - 1]
    let values = doubles()
    let rows = width == 0 ? 0 : count / width
    func precedes(_ a: Double, _ b: Double) -> Bool {
      if a.isNaN || b.isNaN { return !a.isNaN }
      return descending ? a > b : a < b
    }
    let order = (0..<rows).flatMap { row in
      (0..<width).sorted { a, b in
        let (x, y) = (values[row * width + a], values[row * width + b])
        return precedes(x, y) || (!precedes(y, x) && a < b)
      }.prefix(kept)
    }
    let flat = order.enumerated().map { Int32($0 / Swift.max(kept, 1) * width + $1) }
    let picked = reshaped([count]).gatherRows(flat).reshaped(shape.dropLast() + [kept])
    return (picked, order)
  }
}
