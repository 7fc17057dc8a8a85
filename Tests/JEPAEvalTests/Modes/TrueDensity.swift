import JEPAData
import JEPADensity
import JEPATensor

/// A toy's own conditional density as a prediction, for what must work when nothing was learned
/// wrong. Samples are the toy's: rejected unless their context is the row's.
struct TrueDensity<Toy: ConditionalToy>: ExactDensity {
  let toy: Toy
  /// [N, C].
  let contexts: Tensor
  /// How far a drawn context may be from the row's.
  var tolerance = 1e-9

  func loss(of y: Tensor, using random: inout RandomRows) -> Tensor { -logDensity(of: y) }

  func logDensity(of y: Tensor) -> Tensor { toy.logDensity(of: y, given: contexts) }

  func sample(_ count: Int, using random: inout RandomSource) -> Tensor {
    let (rows, width) = (contexts.shape[0], toy.targetDimensions)
    let wanted = contexts.doubles()
    var samples = [[Double]](repeating: [], count: rows)
    while samples.contains(where: { $0.count < count * width }) {
      let draws = toy.sample(20_000, dtype: .float64, using: &random)
      let (c, y) = (draws.contexts.doubles(), draws.targets.doubles())
      let size = toy.contextDimensions
      for draw in 0..<20_000 {
        for row in 0..<rows where samples[row].count < count * width {
          let distance = (0..<size).reduce(0.0) {
            max($0, abs(c[draw * size + $1] - wanted[row * size + $1]))
          }
          if distance <= tolerance {
            samples[row] += y[draw * width..<(draw + 1) * width]
          }
        }
      }
    }
    let perRow = samples.map { Tensor($0, shape: [count, 1, width]) }
    return .concatenated(perRow, axis: 1)
  }

  func mean(using random: inout RandomSource) -> Tensor {
    sample(1000, using: &random).mean(axis: 0)
  }
}
