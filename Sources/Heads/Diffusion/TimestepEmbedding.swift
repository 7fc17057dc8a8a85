import Foundation
import JEPATensor

/// Sines and cosines of a timestep, then two linear layers with SiLU (Ho et al. 2020, appendix B).
struct TimestepEmbedding: Module {
  /// Frequencies from 1 to 10⁻⁴ per timestep of 1000, in a geometric series.
  static let frequencies = 32

  /// [E, 2F].
  var fc1: Linear
  /// [E, E].
  var fc2: Linear
  /// T.
  let timesteps: Int

  init(timesteps: Int, dimensions: Int, dtype: DType, using random: inout RandomSource) {
    self.timesteps = timesteps
    fc1 = Linear(
      inputDimensions: 2 * Self.frequencies, outputDimensions: dimensions, dtype: dtype,
      using: &random)
    fc2 = Linear(
      inputDimensions: dimensions, outputDimensions: dimensions, dtype: dtype, using: &random)
  }

  /// Real-valued times [G] → [G, E].
  func callAsFunction(_ times: [Double]) -> Tensor {
    let count = Self.frequencies
    var features: [Double] = []
    features.reserveCapacity(times.count * 2 * count)
    for time in times {
      let angles = (0..<count).map { i in
        1000 * time / Double(timesteps) * pow(1e4, -Double(i) / Double(count - 1))
      }
      features += angles.map { cos($0) } + angles.map { sin($0) }
    }
    let dtype = fc1.weight.dtype.accumulation
    let x = Tensor(features, shape: [times.count, 2 * count], dtype: dtype)
    return fc2(fc1(x).silu()).silu()
  }

  mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.module("fc1", &fc1)
    visitor.module("fc2", &fc2)
  }
}

/// Two linear layers with SiLU on the context: [N, C] → [N, E].
struct ContextEmbedding: Module {
  var fc1: Linear
  var fc2: Linear

  init(
    contextDimensions: Int, dimensions: Int, dtype: DType, using random: inout RandomSource
  ) {
    fc1 = Linear(
      inputDimensions: contextDimensions, outputDimensions: dimensions,
      biasDeviation: Linear.deviation(forInputs: contextDimensions), dtype: dtype, using: &random)
    fc2 = Linear(
      inputDimensions: dimensions, outputDimensions: dimensions, dtype: dtype, using: &random)
  }

  func callAsFunction(_ context: Tensor) -> Tensor { fc2(fc1(context).silu()).silu() }

  mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.module("fc1", &fc1)
    visitor.module("fc2", &fc2)
  }
}
