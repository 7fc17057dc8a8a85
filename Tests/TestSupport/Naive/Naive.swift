import JEPATensor

/// A reference tensor: float64 values and a shape, with operators written as plain nested loops from
/// their definitions. Every fast kernel has its naive twin here.
public struct Naive: Sendable {
  public var shape: [Int]
  public var values: [Double]

  public init(_ values: [Double], shape: [Int]) {
    require(values.count == shape.reduce(1, *), "Naive: \(values.count) values for \(shape)")
    self.shape = shape
    self.values = values
  }

  public init(_ tensor: Tensor) { self.init(tensor.doubles(), shape: tensor.shape) }

  /// Each element from its index along every axis.
  public init(shape: [Int], _ element: ([Int]) -> Double) {
    self.init(Naive.indices(of: shape).map(element), shape: shape)
  }

  public var tensor: Tensor { Tensor(values, shape: shape) }
  public var rank: Int { shape.count }

  public subscript(index: [Int]) -> Double {
    get { values[offset(index)] }
    set { values[offset(index)] = newValue }
  }

  private func offset(_ index: [Int]) -> Int {
    zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 }
  }

  /// Every index of a shape, the last axis fastest.
  public static func indices(of shape: [Int]) -> [[Int]] {
    shape.reduce([[]]) { prefixes, size in
      prefixes.flatMap { prefix in (0..<size).map { prefix + [$0] } }
    }
  }

  public func mapped(_ body: (Double) -> Double) -> Naive {
    Naive(values.map(body), shape: shape)
  }

  /// One `body` per line along `axis`, giving a line of any fixed length.
  public func alongAxis(_ axis: Int, count: Int, _ body: ([Double]) -> [Double]) -> Naive {
    let axis = axis < 0 ? axis + rank : axis
    var newShape = shape
    newShape[axis] = count
    var result = Naive([Double](repeating: 0, count: newShape.reduce(1, *)), shape: newShape)
    var others = shape
    others[axis] = 1
    for start in Naive.indices(of: others) {
      var index = start
      let line = (0..<shape[axis]).map { i -> Double in
        index[axis] = i
        return self[index]
      }
      for (i, value) in body(line).enumerated() {
        index[axis] = i
        result[index] = value
      }
    }
    return result
  }

  /// An axis of size 1 left out.
  public func without(axis: Int) -> Naive {
    var newShape = shape
    newShape.remove(at: axis < 0 ? axis + rank : axis)
    return Naive(values, shape: newShape)
  }
}
