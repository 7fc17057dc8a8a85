import Foundation

extension Naive {
  public func reduced(
    axis: Int, keepingDimensions: Bool = false, _ body: ([Double]) -> Double
  ) -> Naive {
    let kept = alongAxis(axis, count: 1) { [body($0)] }
    return keepingDimensions ? kept : kept.without(axis: axis)
  }

  public func sum(axis: Int) -> Naive { reduced(axis: axis) { $0.reduce(0, +) } }

  public func softmax() -> Naive {
    alongAxis(-1, count: shape[rank - 1]) { line in
      let largest = line.max() ?? 0
      let powers = line.map { exp($0 - largest) }
      return powers.map { $0 / powers.reduce(0, +) }
    }
  }

  public static func logSumExp(_ line: [Double]) -> Double {
    guard let largest = line.max(), largest > -.infinity else { return -.infinity }
    if largest == .infinity { return .infinity }
    return largest + log(line.reduce(0) { $0 + exp($1 - largest) })
  }

  public func cumulativeSum() -> Naive {
    alongAxis(-1, count: shape[rank - 1]) { line in
      line.indices.map { line[...$0].reduce(0, +) }
    }
  }

  public func layerNorm(weight: Naive?, bias: Naive?, epsilon: Double) -> Naive {
    alongAxis(-1, count: shape[rank - 1]) { line in
      let n = Double(line.count)
      let mean = line.reduce(0, +) / n
      let variance = line.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n
      return line.enumerated().map { i, x in
        (x - mean) / (variance + epsilon).squareRoot() * (weight?.values[i] ?? 1)
          + (bias?.values[i] ?? 0)
      }
    }
  }

  public func gatherRows(_ rows: [Int]) -> Naive {
    Naive(shape: [rows.count] + shape.dropFirst()) { self[[rows[$0[0]]] + $0.dropFirst()] }
  }

  public func scatterAddedRows(_ rows: [Int], count: Int) -> Naive {
    let newShape = [count] + shape.dropFirst()
    var result = Naive([Double](repeating: 0, count: newShape.reduce(1, *)), shape: newShape)
    for index in Naive.indices(of: shape) {
      result[[rows[index[0]]] + index.dropFirst()] += self[index]
    }
    return result
  }

  public func gatherColumns(_ columns: [Int]) -> Naive {
    Naive(shape: [shape[0]]) { self[[$0[0], columns[$0[0]]]] }
  }
}
