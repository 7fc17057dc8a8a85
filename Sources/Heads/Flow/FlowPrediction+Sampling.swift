import JEPADensity
import JEPATensor

extension FlowPrediction {
  /// About as many rows as go through the flow at once.
  private static let chunk = 1024

  /// Exact draws: N(0, I) through ``inverse(_:)``. The work is cut into chunks whose size depends on S
  /// and N alone, each with a random source of its own, so draws do not depend on the thread count.
  public func sample(_ count: Int, using random: inout RandomSource) -> Tensor {
    let (n, d) = (terms.rows, head.targetDimensions)
    let dtype = head.accumulationType
    let source = RandomSource(seed: random.next())
    if count * n == 0 { return .zeros([count, n, d], dtype: dtype) }
    let inverse = InverseFlow(of: head)
    let width = min(n, 256)
    let depth = max(1, Self.chunk / width)
    let across = (n + width - 1) / width
    let parts = parallelMap((count + depth - 1) / depth * across) { index -> Tensor in
      let columns = index % across * width..<min(n, (index % across + 1) * width)
      let draws = min(depth, count - index / across * depth)
      var random = source.split(index)
      let z = Tensor.gaussianNoise([draws, columns.count, d], dtype: dtype, using: &random)
      return inverse(z, terms.detached(columns)).slice(axis: 2, 0..<d)
    }
    let layers = stride(from: 0, to: parts.count, by: across).map {
      Tensor.concatenated(Array(parts[$0..<$0 + across]), axis: 1)
    }
    return layers.count == 1 ? layers[0] : .concatenated(layers, axis: 0)
  }

  public var meanDraws: Int? { 2 * max(1, head.options.meanDraws / 2) }

  /// A Monte Carlo estimate of the mean from `options.meanDraws` draws a row, as pairs z, −z: exact
  /// where the flow is affine in z (a conditional Gaussian), otherwise with an error of about the
  /// standard deviation over √meanDraws.
  public func mean(using random: inout RandomSource) -> Tensor {
    let (n, d) = (terms.rows, head.targetDimensions)
    let dtype = head.accumulationType
    let source = RandomSource(seed: random.next())
    if n == 0 { return .zeros([0, d], dtype: dtype) }
    let inverse = InverseFlow(of: head)
    let pairs = max(1, head.options.meanDraws / 2)
    let width = max(1, 2 * Self.chunk / (2 * pairs))
    let parts = parallelMap((n + width - 1) / width) { index -> Tensor in
      let rows = index * width..<min(n, (index + 1) * width)
      var random = source.split(index)
      let z = Tensor.gaussianNoise([pairs, rows.count, d], dtype: dtype, using: &random)
      let draws = inverse(.concatenated([z, -z], axis: 0), terms.detached(rows))
      return draws.slice(axis: 2, 0..<d).mean(axis: 0)
    }
    return .concatenated(parts, axis: 0)
  }
}
