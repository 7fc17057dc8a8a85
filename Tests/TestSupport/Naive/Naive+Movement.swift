extension Naive {
  public func permuted(_ axes: [Int]) -> Naive {
    Naive(shape: axes.map { shape[$0] }) { index in
      var original = index
      for (i, axis) in axes.enumerated() { original[axis] = index[i] }
      return self[original]
    }
  }

  public func slice(axis: Int, _ range: Range<Int>) -> Naive {
    var newShape = shape
    newShape[axis] = range.count
    return Naive(shape: newShape) { index in
      var original = index
      original[axis] += range.lowerBound
      return self[original]
    }
  }

  public static func concatenated(_ parts: [Naive], axis: Int) -> Naive {
    var shape = parts[0].shape
    shape[axis] = parts.map { $0.shape[axis] }.reduce(0, +)
    return Naive(shape: shape) { index in
      var original = index
      var part = 0
      while original[axis] >= parts[part].shape[axis] {
        original[axis] -= parts[part].shape[axis]
        part += 1
      }
      return parts[part][original]
    }
  }
}
