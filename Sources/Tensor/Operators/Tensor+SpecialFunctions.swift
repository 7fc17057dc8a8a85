import Foundation

// Functions of each value that no training step needs to be fast; computed in double, rounded once to the tensor's type.

extension Tensor {
  /// A function of each value, with its derivative.
  ///
  /// ```swift
  /// let y = x.elementwise("log cosh", { log(cosh($0)) }, derivative: { x, _ in tanh(x) })
  /// ```
  ///
  /// - Parameters:
  ///   - name: what a profile calls it.
  ///   - function: is given each value in double.
  ///   - derivative: is given the value and what `function` made of it.
  public func elementwise(
    _ name: String, _ function: (Double) -> Double,
    derivative: @escaping (_ x: Double, _ y: Double) -> Double
  ) -> Tensor {
    .apply(name, to: [self]) { operands in
      let x = operands[0].doubles()
      let y = x.map(function)
      let (shape, type) = (self.shape, self.dtype)
      return OperatorResult(Tensor(y, shape: shape, dtype: type)) { upstream in
        let slopes = zip(zip(x, y).map(derivative), upstream.doubles()).map { $0 * $1 }
        return [Tensor(slopes, shape: shape, dtype: type)]
      }
    }
  }

  /// log(1 + x), accurate for small x.
  public func log1p() -> Tensor {
    elementwise("log1p", Foundation.log1p) { x, _ in 1 / (1 + x) }
  }

  /// eˣ − 1, accurate for small x.
  public func expm1() -> Tensor { elementwise("expm1", Foundation.expm1) { _, y in y + 1 } }

  /// The error function, 2/√π ∫₀ˣ e^(−t²) dt.
  public func erf() -> Tensor {
    elementwise("erf", Foundation.erf) { x, _ in
      2 / Double.pi.squareRoot() * Foundation.exp(-x * x)
    }
  }

  /// log |Γ(x)|.
  public func lgamma() -> Tensor {
    elementwise("lgamma", { Foundation.lgamma($0) }) { x, _ in SpecialFunctions.digamma(x) }
  }

  /// ψ(x) = d log Γ(x) / dx.
  public func digamma() -> Tensor {
    elementwise("digamma", SpecialFunctions.digamma) { x, _ in SpecialFunctions.trigamma(x) }
  }

  /// xᵖ for a fixed exponent. Negative values have a power where `exponent` is whole.
  public func pow(_ exponent: Double) -> Tensor {
    elementwise("pow", { Foundation.pow($0, exponent) }) { x, _ in
      exponent == 0 ? 0 : exponent * Foundation.pow(x, exponent - 1)
    }
  }

  /// aᵇ element by element, broadcast as NumPy's; bases must be positive where the exponent needs a gradient.
  public static func pow(_ base: Tensor, _ exponent: Tensor) -> Tensor {
    let shape = StridedIndex.broadcast(base.shape, exponent.shape, "pow")
    let type = DType.promoted(base.dtype, exponent.dtype, operation: "pow")
    let needsExponent = exponent.needsGradient
    return .apply("pow", to: [base, exponent]) { operands in
      let (a, b) = (
        operands[0].broadcast(to: shape).doubles(), operands[1].broadcast(to: shape).doubles()
      )
      let y = zip(a, b).map { Foundation.pow($0, $1) }
      return OperatorResult(Tensor(y, shape: shape, dtype: type)) { upstream in
        let dy = upstream.doubles()
        let toBase = dy.indices.map {
          b[$0] == 0 ? 0 : dy[$0] * b[$0] * Foundation.pow(a[$0], b[$0] - 1)
        }
        // 0ᵇ does not change with b > 0.
        let toExponent =
          needsExponent
          ? dy.indices.map { a[$0] == 0 ? 0 : dy[$0] * y[$0] * Foundation.log(a[$0]) } : nil
        return [
          Tensor(toBase, shape: shape).reduced(to: base.shape, base.dtype),
          toExponent.map { Tensor($0, shape: shape).reduced(to: exponent.shape, exponent.dtype) },
        ]
      }
    }
  }
}

/// Functions of one number that Foundation lacks.
enum SpecialFunctions {
  /// ψ(x): the recurrence ψ(x) = ψ(x + 1) − 1/x up to 10, then the asymptotic series (Abramowitz & Stegun, 6.3.18);
  /// the reflection ψ(1 − x) = ψ(x) + π cot πx below 0. NaN at its poles 0, −1, −2, …
  static func digamma(_ x: Double) -> Double {
    if x <= 0 {
      return x == x.rounded() ? .nan : digamma(1 - x) - Double.pi / Foundation.tan(Double.pi * x)
    }
    var (x, sum) = (x, 0.0)
    while x < 10 {
      sum -= 1 / x
      x += 1
    }
    let r = 1 / (x * x)
    let series =
      r * (1.0 / 12 - r * (1.0 / 120 - r * (1.0 / 252 - r * (1.0 / 240 - r * (1.0 / 132)))))
    return sum + Foundation.log(x) - 0.5 / x - series
  }

  /// ψ′(x), in the same way (Abramowitz & Stegun, 6.4.12).
  static func trigamma(_ x: Double) -> Double {
    if x <= 0 {
      if x == x.rounded() { return .nan }
      let ratio = Double.pi / Foundation.sin(Double.pi * x)
      return ratio * ratio - trigamma(1 - x)
    }
    var (x, sum) = (x, 0.0)
    while x < 10 {
      sum += 1 / (x * x)
      x += 1
    }
    let r = 1 / (x * x)
    let series =
      r * (1.0 / 6 - r * (1.0 / 30 - r * (1.0 / 42 - r * (1.0 / 30 - r * (5.0 / 66)))))
    return sum + 1 / x + r / 2 + series / x
  }
}
