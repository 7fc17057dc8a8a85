import CJEPAKernels

/// Multi-head self-attention within each of the packed sequences: softmax(q kᵀ / √d) v per head
/// (Vaswani et al. 2017).
///
/// - Parameters:
///   - qkv: [T, 3·D], per token its query, key and value, each of `heads` heads.
///   - offsets: [B + 1]; sequence b holds the tokens `offsets[b] ..< offsets[b + 1]`.
///   - causal: a token attends to itself and those before it only.
/// - Returns: [T, D].
public func attention(qkv: Tensor, offsets: [Int], heads: Int, causal: Bool = false) -> Tensor {
  require(
    qkv.rank == 2 && heads > 0 && qkv.shape[1] % (3 * heads) == 0,
    "attention: qkv \(qkv.shape) does not divide into 3 × \(heads) heads")
  require(
    offsets.first == 0 && offsets.last == qkv.shape[0]
      && zip(offsets, offsets.dropFirst()).allSatisfy { $0 <= $1 },
    "attention: offsets do not rise from 0 to the \(qkv.shape[0]) tokens of qkv \(qkv.shape)")
  let width = qkv.shape[1] / 3
  let headWidth = width / heads
  let starts = offsets.map(Int32.init)
  let sequences = offsets.count - 1
  let longest = zip(offsets, offsets.dropFirst()).map { $1 - $0 }.max() ?? 0
  let scale = 1 / Double(headWidth).squareRoot()
  let kernel = qkv.dtype.kernel
  // On matrix tiles where the processor has them: about half of the other kernel's time.
  let onTiles = qkv.dtype == .bfloat16 && Processor.instructionSet == .amx
  let scratchBytes =
    onTiles
    ? jk_attention_tiles_scratch(longest, headWidth)
    : jk_attention_scratch(kernel, longest, headWidth)

  let result = Tensor(uninitialized: [qkv.shape[0], width], dtype: qkv.dtype)
  // Q Kᵀ and P V: 4 · Σ length² · D operations.
  let pairs = zip(offsets, offsets.dropFirst()).reduce(0) { $0 + ($1.1 - $1.0) * ($1.1 - $1.0) }
  let flops = 4 * pairs * width
  let bytes = 4 * result.byteCount
  Profiler.measure("attention", detail: "\(heads)×\(headWidth)", flops: flops, bytes: bytes) {
    let scratch = Storage(byteCount: scratchBytes)
    if onTiles {
      jk_attention_tiles(
        qkv.pointer, starts, sequences, heads, headWidth, scale, causal ? 1 : 0, result.pointer,
        scratch.pointer)
    } else {
      jk_attention(
        kernel, qkv.pointer, starts, sequences, heads, headWidth, scale, causal ? 1 : 0,
        result.pointer, scratch.pointer)
    }
  }
  let x = qkv.detached()
  return .recorded(result, from: qkv) { upstream in
    let dy = upstream.cast(to: x.dtype)
    let gradient = Tensor(uninitialized: x.shape, dtype: x.dtype)
    let scratch = Storage(byteCount: scratchBytes)
    Profiler.measure(
      "attention", detail: "\(heads)×\(headWidth)", flops: 2 * flops, bytes: 2 * bytes
    ) {
      if onTiles {
        jk_attention_tiles_gradient(
          x.pointer, dy.pointer, starts, sequences, heads, headWidth, scale, causal ? 1 : 0,
          gradient.pointer, scratch.pointer)
      } else {
        jk_attention_gradient(
          kernel, x.pointer, dy.pointer, starts, sequences, heads, headWidth, scale,
          causal ? 1 : 0, gradient.pointer, scratch.pointer)
      }
    }
    return gradient
  }
}
