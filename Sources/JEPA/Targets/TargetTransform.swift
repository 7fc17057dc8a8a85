import Foundation
import JEPATensor

/// Turns the target encoder's outputs into what heads model.
///
/// The one place where that happens: heads know nothing of it. An output row x of width D becomes
///
/// 1. u = layer norm of x, without weights, as in I-JEPA. Its entries sum to 0 and its norm is √D, so
///    that a density in R^D over such rows would be degenerate.
/// 2. v = H u, where asked: Helmert's orthonormal basis of the vectors whose entries sum to 0, which
///    takes that direction out; D − 1 coordinates.
/// 3. w = v + σₙ ε with ε ~ N(0, I), where asked: takes the sphere's thinness away. The same σₙ in
///    training and evaluation.
/// 4. y = W (w − m), where asked: whitening, whose log-determinant counts in every likelihood.
///
/// H is an isometry, so that log p(w) = log p(y) + ``logDeterminant`` in nats.
public struct TargetTransform: Module {
  /// ε of the layer normalisation over features.
  public var epsilon = 1e-5
  /// Step 2.
  public var helmert = false
  /// σₙ of step 3; 0 adds nothing.
  public var noise = 0.0
  /// Step 4.
  public var whitening: Whitening?

  public init() {}

  public mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    guard var whitening else { return }
    visitor.module("whitening", &whitening)
    self.whitening = whitening
  }

  /// The width of what heads model, for outputs of `width` features.
  public func dimensions(of width: Int) -> Int { helmert ? width - 1 : width }

  /// What heads model: [N, D] → [N, ``dimensions(of:)``], without gradient.
  ///
  /// - Parameter random: where each row's noise comes from; may be left out only where there is none.
  public func callAsFunction(_ outputs: Tensor, noise random: RandomRows? = nil) -> Tensor {
    var rows = clean(outputs)
    if noise > 0 {
      guard var draws = random else {
        requirementFailed("TargetTransform: noise \(noise) without a random source")
      }
      rows = rows + draws.normal(rows.shape, dtype: rows.dtype) * noise
    }
    return whitening?.whitened(rows) ?? rows
  }

  /// Steps 1 and 2: [N, D] → [N, ``dimensions(of:)``], without gradient.
  public func clean(_ outputs: Tensor) -> Tensor {
    let rows = outputs.detached().layerNorm(epsilon: epsilon)
    return helmert ? Helmert.project(rows) : rows
  }

  /// Brings points of the heads' space back to that of layer-normed outputs: y → Hᵀ (W⁻¹ y + m),
  /// [N, ``dimensions(of:)``] → [N, D].
  public func inverse(_ targets: Tensor) -> Tensor {
    let rows = whitening?.coloured(targets) ?? targets
    return helmert ? Helmert.embed(rows) : rows
  }

  /// log |det W|, in nats: log p(w) = log p(y) + this. 0 without whitening.
  public var logDeterminant: Double { whitening?.logDeterminant ?? 0 }

  /// Takes note of a batch's outputs, for the whitening; does nothing without it.
  ///
  /// - Throws: `LinearAlgebraError` where the outputs are not finite.
  public mutating func observe(_ outputs: Tensor) throws {
    let rows = clean(outputs)
    try whitening?.observe(rows, noise: noise)
  }
}

/// Helmert's orthonormal basis of the vectors of R^D whose entries sum to 0: row i (from 1) is
/// (1, …, 1, −i, 0, …, 0) / √(i (i + 1)), with i ones.
public enum Helmert {
  /// [D − 1, D].
  public static func basis(_ width: Int, dtype: DType = .float64) -> Tensor {
    require(width >= 1, "Helmert.basis: width \(width)")
    var values = [Double](repeating: 0, count: (width - 1) * width)
    for row in 1..<max(width, 1) {
      let scale = 1 / (Double(row) * Double(row + 1)).squareRoot()
      for column in 0..<row { values[(row - 1) * width + column] = scale }
      values[(row - 1) * width + row] = -Double(row) * scale
    }
    return Tensor(values, shape: [width - 1, width], dtype: dtype)
  }

  /// Coordinates in the basis: [N, D] → [N, D − 1].
  public static func project(_ rows: Tensor) -> Tensor {
    matmul(rows, basis(rows.shape[1], dtype: rows.dtype), transposeB: true)
  }

  /// The vectors with these coordinates: [N, D − 1] → [N, D].
  public static func embed(_ coordinates: Tensor) -> Tensor {
    matmul(coordinates, basis(coordinates.shape[1] + 1, dtype: coordinates.dtype))
  }
}
