import CJEPAKernels

/// Attention over sequences of one length in bfloat16, with both products by oneDNN, which has the
/// processor's matrix units. A few sequences at a time, so that their scores stay in cache.
///
/// Scores and softmax are float32, probabilities bfloat16. Sequences of 48 to 196 tokens, heads of 64, took
/// 0.6 to 0.8 of the time of the kernel that keeps everything of one head in the first cache; shorter ones
/// gain less, and each length would need code of its own.
struct RegularAttention {
  let sequences: Int
  let length: Int
  let heads: Int
  let headWidth: Int

  static var shortestLength: Int { 48 }
  private static var sequencesAtOnce: Int { 8 }

  /// Nil where the sequences do not suit.
  init?(dtype: DType, offsets: [Int], heads: Int, headWidth: Int, causal: Bool) {
    guard dtype == .bfloat16, !causal, offsets.count > 1 else { return nil }
    let length = offsets[1]
    guard length >= Self.shortestLength,
      zip(offsets, offsets.dropFirst()).allSatisfy({ $1 - $0 == length })
    else { return nil }
    self.length = length
    self.heads = heads
    self.headWidth = headWidth
    sequences = offsets.count - 1
  }

  /// [T, 3·D] → [T, D].
  func run(_ qkv: Tensor, into result: Tensor) {
    let model = heads * headWidth
    let atOnce = min(sequences, Self.sequencesAtOnce)
    let parts = Tensor(uninitialized: [3, atOnce, heads, length, headWidth], dtype: .bfloat16)
    let scores = Tensor(uninitialized: [atOnce, heads, length, length], dtype: .float32)
    let probabilities = Tensor(uninitialized: scores.shape, dtype: .bfloat16)
    let row = model * DType.bfloat16.byteSize
    var start = 0
    while start < sequences {
      let count = min(atOnce, sequences - start)
      jk_split_heads(
        qkv.pointer + start * length * 3 * row, count, length, heads,
        headWidth * DType.bfloat16.byteSize, parts.pointer)
      let part = count * length * row
      OneDNN.shared.execute(
        scoreProduct(count), parts.pointer, parts.pointer + part, into: scores.pointer)
      jk_softmax_of_scores(
        scores.pointer, 1 / Double(headWidth).squareRoot(), probabilities.pointer,
        count * heads * length, length)
      OneDNN.shared.execute(
        valueProduct(count), probabilities.pointer, parts.pointer + 2 * part,
        into: result.pointer + start * length * row)
      start += count
    }
  }

  /// Q Kᵀ per sequence and head.
  private func scoreProduct(_ count: Int) -> OneDNN.Product {
    OneDNN.Product(
      a: perHead(count, length, headWidth, .bfloat16),
      b: OneDNN.Operand(
        [count, heads, headWidth, length],
        strides: [heads * length * headWidth, length * headWidth, 1, headWidth],
        dtype: .bfloat16),
      c: perHead(count, length, length, .float32))
  }

  /// P V per sequence and head, the heads side by side again.
  private func valueProduct(_ count: Int) -> OneDNN.Product {
    let model = heads * headWidth
    return OneDNN.Product(
      a: perHead(count, length, length, .bfloat16),
      b: perHead(count, length, headWidth, .bfloat16),
      c: OneDNN.Operand(
        [count, heads, length, headWidth], strides: [length * model, headWidth, model, 1],
        dtype: .bfloat16))
  }

  /// Dense matrices, one for each head of each sequence.
  private func perHead(
    _ count: Int, _ rows: Int, _ columns: Int, _ dtype: DType
  ) -> OneDNN.Operand {
    OneDNN.Operand(
      [count, heads, rows, columns],
      strides: [heads * rows * columns, rows * columns, columns, 1], dtype: dtype)
  }
}
