/// What a subscript of a tensor takes along one axis.
public enum TensorIndex: Sendable, ExpressibleByIntegerLiteral {
  /// One place, counted from the end where negative; the axis goes.
  case at(Int)
  /// A range of places; the axis stays.
  case range(Range<Int>)
  /// The whole axis.
  case all
  /// A new axis of size 1.
  case new

  public init(integerLiteral value: Int) { self = .at(value) }
}

extension Tensor {
  /// Part of a tensor, axis by axis from the first; axes that are not named stay whole. Gradients pass through.
  ///
  /// ```swift
  /// x[0]                    // the first row
  /// x[.all, .range(2..<4)]  // columns 2 and 3
  /// x[-1, .new]             // the last row, as [1, ...]
  /// ```
  public subscript(_ indices: TensorIndex...) -> Tensor {
    var (result, axis) = (self, 0)
    for index in indices {
      if case .new = index {
        result = result.expanded(axis: axis)
        axis += 1
        continue
      }
      require(axis < result.rank, "subscript: \(indices.count) indices of shape \(shape)")
      let size = result.shape[axis]
      switch index {
      case .at(let place):
        let found = place < 0 ? place + size : place
        require(found >= 0 && found < size, "subscript: place \(place) of axis \(axis) of \(shape)")
        let part = result.slice(axis: axis, found..<found + 1)
        var kept = part.shape
        kept.remove(at: axis)
        result = part.reshaped(kept)
      case .range(let range):
        result = result.slice(axis: axis, range)
        axis += 1
      case .all, .new:
        axis += 1
      }
    }
    return result
  }

  /// One row of the first axis.
  public subscript(_ row: Int) -> Tensor { self[.at(row)] }
}
