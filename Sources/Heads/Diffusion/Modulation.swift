import JEPATensor

/// Adaptive layer normalisation's shifts, scales and gates (Peebles & Xie 2023), the sum of a part from
/// the timestep and a part from the context, so that the context's part is computed once per row and
/// serves all timesteps of the row. Both parts start at zero.
struct Modulation: Module {
  /// [parts · W, E].
  var time: Linear
  /// [parts · W, E]; none without context.
  var context: Linear?

  init(width: Int, parts: Int, embedding: Int, hasContext: Bool, dtype: DType) {
    time = Linear(zeros: embedding, parts * width, dtype: dtype)
    context = hasContext ? Linear(zeros: embedding, parts * width, dtype: dtype) : nil
  }

  mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.module("time", &time)
    if var layer = context {
      visitor.module("context", &layer)
      context = layer
    }
  }

  /// The context's part: [N, E] → [N, parts · W].
  func contextPart(_ embedding: Tensor?) -> Tensor? {
    guard let context, let embedding else { return nil }
    return context(embedding).cast(to: context.weight.dtype.accumulation)
  }

  /// Both parts: the timesteps' is computed here, the context's was before.
  func parts(times: EmbeddedTimes, contextPart: Tensor?) -> ModulationParts {
    ModulationParts(
      context: contextPart,
      time: time(times.embedding).cast(to: time.weight.dtype.accumulation), timeRows: times.rows)
  }
}

/// The embedded timesteps of noised targets [N, K].
struct EmbeddedTimes {
  /// [G, E].
  let embedding: Tensor
  /// For each of the N · K noised targets its row of the embedding; nil where all share the only one.
  let rows: [Int32]?
}
