/// Minimisation of a smooth function by limited-memory BFGS (Liu & Nocedal 1989).
///
/// Steps satisfy the weak Wolfe conditions, found by bracketing and bisection (Lewis & Overton 2013,
/// algorithm 2.6), so that every step keeps the approximate Hessian positive definite. Near the minimum
/// a double's rounding hides how much the value falls; there the slope tells it (Hager & Zhang 2005,
/// the approximate Wolfe condition).
public struct LBFGS: Sendable {
  /// Pairs of steps and gradient differences kept.
  public var memory = 10
  public var maximumIterations: Int
  /// Stops where no entry of the gradient is larger than this, or where another measure of it is not.
  public var tolerance: Double
  /// Changes of a value that may be rounding alone, relative to it: more than the default for sums of float32.
  public var rounding = 1e-12

  public init(maximumIterations: Int = 300, tolerance: Double = 1e-5) {
    self.maximumIterations = maximumIterations
    self.tolerance = tolerance
  }

  /// Where the minimisation ended.
  public struct Minimum: Sendable {
    public let point: [Double]
    public let value: Double
    /// The gradient's largest entry.
    public let gradientNorm: Double
    /// What was held against the tolerance.
    public let measure: Double
    public let iterations: Int
    /// Whether the measure is within the tolerance; if not, iterations ran out or the function's
    /// own rounding hides any further descent.
    public let converged: Bool
  }

  /// Minimises `function`, which returns its value and gradient, starting from `start`.
  ///
  /// - Parameters:
  ///   - inverseCurvature: an estimate of the inverse Hessian's diagonal. Where coordinates curve very
  ///     differently, it saves most of the iterations.
  ///   - measure: of a gradient, compared with ``tolerance``; its largest entry unless given.
  public func minimize(
    from start: [Double], inverseCurvature: [Double]? = nil,
    measure: (([Double]) -> Double)? = nil,
    _ function: ([Double]) -> (value: Double, gradient: [Double])
  ) -> Minimum {
    let measure = measure ?? largest
    var point = start
    var (value, gradient) = function(start)
    var history: [Pair] = []
    var iterations = 0
    while iterations < maximumIterations && !(measure(gradient) <= tolerance) {
      var direction = descent(gradient, history, inverseCurvature)
      if dot(direction, gradient) >= 0 {
        history = []
        direction = descent(gradient, history, inverseCurvature)
      }
      guard let next = step(from: point, value, gradient, along: direction, function) else { break }
      iterations += 1
      let pair = Pair(
        step: difference(next.point, point), change: difference(next.gradient, gradient))
      if pair.curvature > 0 { history.append(pair) }
      if history.count > memory { history.removeFirst() }
      (point, value, gradient) = next
    }
    let reached = measure(gradient)
    return Minimum(
      point: point, value: value, gradientNorm: largest(gradient), measure: reached,
      iterations: iterations, converged: reached <= tolerance)
  }

  private struct Pair {
    let step: [Double]
    let change: [Double]
    let curvature: Double

    init(step: [Double], change: [Double]) {
      self.step = step
      self.change = change
      curvature = dot(step, change)
    }
  }

  /// −H g by the two-loop recursion. Without history: g times the inverse curvature, or scaled to length 1 at
  /// most.
  private func descent(
    _ gradient: [Double], _ history: [Pair], _ inverseCurvature: [Double]?
  ) -> [Double] {
    var direction = gradient.map { -$0 }
    guard let last = history.last else {
      if let inverseCurvature { return product(direction, inverseCurvature) }
      let norm = dot(gradient, gradient).squareRoot()
      return norm > 1 ? direction.map { $0 / norm } : direction
    }
    var weights: [Double] = []
    for pair in history.reversed() {
      let weight = dot(pair.step, direction) / pair.curvature
      add(-weight, pair.change, to: &direction)
      weights.append(weight)
    }
    var change = last.change
    if let inverseCurvature {
      change = product(change, inverseCurvature)
      direction = product(direction, inverseCurvature)
    }
    let scale = last.curvature / dot(last.change, change)
    for i in direction.indices { direction[i] *= scale }
    for (pair, weight) in zip(history, weights.reversed()) {
      add(weight - dot(pair.change, direction) / pair.curvature, pair.step, to: &direction)
    }
    return direction
  }

  /// The part of what the slope promises that the value must fall by.
  private static var decrease: Double { 1e-4 }

  /// A point on the ray that satisfies the weak Wolfe conditions; nil where 40 trials find none.
  private func step(
    from point: [Double], _ value: Double, _ gradient: [Double], along direction: [Double],
    _ function: ([Double]) -> (value: Double, gradient: [Double])
  ) -> (point: [Double], value: Double, gradient: [Double])? {
    let slope = dot(gradient, direction)
    var (low, high) = (0.0, Double.infinity)
    var length = 1.0
    for _ in 0..<40 {
      var candidate = point
      add(length, direction, to: &candidate)
      let (newValue, newGradient) = function(candidate)
      let newSlope = dot(newGradient, direction)
      let falls = newValue <= value + Self.decrease * length * slope
      let isLevel = newValue <= value + rounding * abs(value)
      // NaN counts as too far.
      if !falls && !(isLevel && newSlope <= (2 * Self.decrease - 1) * slope) {
        high = length
      } else if newSlope < 0.9 * slope {
        low = length
      } else {
        return (candidate, newValue, newGradient)
      }
      length = high.isFinite ? (low + high) / 2 : 2 * low
    }
    return nil
  }
}

private func largest(_ x: [Double]) -> Double {
  x.reduce(0) { $1.isNaN ? .infinity : max($0, abs($1)) }
}

private func dot(_ x: [Double], _ y: [Double]) -> Double {
  x.withUnsafeBufferPointer { x in
    y.withUnsafeBufferPointer { y in
      var sum = 0.0
      for i in x.indices { sum += x[i] * y[i] }
      return sum
    }
  }
}

private func product(_ x: [Double], _ y: [Double]) -> [Double] {
  zip(x, y).map { $0 * $1 }
}

private func difference(_ x: [Double], _ y: [Double]) -> [Double] {
  zip(x, y).map { $0 - $1 }
}

private func add(_ scale: Double, _ x: [Double], to y: inout [Double]) {
  x.withUnsafeBufferPointer { x in
    y.withUnsafeMutableBufferPointer { y in
      for i in x.indices { y[i] += scale * x[i] }
    }
  }
}
