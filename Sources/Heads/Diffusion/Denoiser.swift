import JEPATensor

/// What sampling and the likelihood ask of a diffusion model: an estimate of noise, velocity or clean
/// target at noised targets. A trained network is one; so is the known answer for a Gaussian.
public protocol Denoiser: Sendable {
  /// What the estimates mean.
  var prediction: DiffusionQuantity { get }

  /// N.
  var rowCount: Int { get }

  /// This denoiser for the rows `indices` of its own, which may repeat.
  func selectingRows(_ indices: [Int]) -> Self

  /// The estimate at one noise level.
  ///
  /// - Parameter x: [N, K, D], K noised targets for each row.
  /// - Returns: [N, K, D].
  func callAsFunction(_ x: Tensor, at level: NoiseLevel) -> Tensor
}

extension Denoiser {
  /// The estimate of `quantity`: [N, K, D] → [N, K, D].
  public func estimate(
    of quantity: DiffusionQuantity, at x: Tensor, _ level: NoiseLevel
  ) -> Tensor {
    level.convert(self(x, at: level), from: prediction, to: quantity, at: x)
  }
}

/// Splits the rows of a task into chunks, works on them in parallel, and puts the results together.
///
/// The chunks and their random sources depend on the number of rows alone, so the results do not
/// depend on the number of threads.
enum RowChunks {
  /// - Parameters:
  ///   - rows: the number of rows, in chunks of at most `size`.
  ///   - body: given the chunk's rows and a random source of its own; returns a tensor with those
  ///     rows along its first axis.
  /// - Returns: the chunks' results along the first axis; nil where there are no rows.
  static func map(
    _ rows: Int, size: Int, using random: inout RandomSource,
    _ body: @Sendable (Range<Int>, inout RandomSource) -> Tensor
  ) -> Tensor? {
    let root = RandomSource(seed: random.next())
    let chunks = (rows + size - 1) / size
    let parts = parallelMap(chunks) { chunk -> Tensor in
      var source = root.split(chunk)
      return body(chunk * size..<min(rows, (chunk + 1) * size), &source)
    }
    return parts.isEmpty ? nil : Tensor.concatenated(parts, axis: 0)
  }
}
