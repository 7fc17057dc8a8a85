import JEPATensor
import JEPAViT
import JEPATestSupport

/// A block in float64 by nested loops: plain attention per head, one sequence at a time.
func naive(_ block: Block, _ x: Naive) -> Naive {
  func sum(_ a: Naive, _ b: Naive) -> Naive { Naive.combined(a, b, +) }
  func norm(_ x: Naive, _ layer: LayerNorm) -> Naive {
    x.layerNorm(
      weight: Naive(layer.weight), bias: Naive(layer.bias), epsilon: layer.epsilon)
  }
  func linear(_ x: Naive, _ layer: Linear) -> Naive {
    Naive.linear(x, weight: Naive(layer.weight), bias: layer.bias.map { Naive($0) })
  }
  let width = x.shape[1]
  let headWidth = width / block.attn.heads
  let qkv = linear(norm(x, block.norm1), block.attn.qkv)
  let heads = (0..<block.attn.heads).map { head -> Naive in
    let parts = (0..<3).map { part in
      let start = part * width + head * headWidth
      return qkv.slice(axis: 1, start..<start + headWidth)
    }
    let scores = Naive.matmul(parts[0], parts[1], transposeB: true)
      .mapped { $0 / Double(headWidth).squareRoot() }
    return Naive.matmul(scores.softmax(), parts[2])
  }
  let middle = sum(x, linear(Naive.concatenated(heads, axis: 1), block.attn.proj))
  let hidden = linear(norm(middle, block.norm2), block.mlp.fc1).mapped(Naive.gelu)
  return sum(middle, linear(hidden, block.mlp.fc2))
}

/// An encoder's tokens for one sequence of one image, by nested loops; no interpolation.
func naive(_ encoder: VisionTransformer, _ image: Naive, patches: [Int]) -> Naive {
  let projection = encoder.patchEmbedding.proj
  let size = encoder.configuration.patchSize
  let rows = image.patches(
    images: patches.map { _ in 0 }, patches: patches, size: size)
  let weight = Naive(
    projection.weight.reshaped([projection.weight.shape[0], 3 * size * size]))
  let embedded = Naive.linear(rows, weight: weight, bias: Naive(projection.bias))
  let table = Naive(encoder.positions.reshaped(Array(encoder.positions.shape.dropFirst())))
  var x = Naive.combined(embedded, table.gatherRows(patches), +)
  for block in encoder.blocks { x = naive(block, x) }
  return x.layerNorm(
    weight: Naive(encoder.norm.weight), bias: Naive(encoder.norm.bias),
    epsilon: encoder.norm.epsilon)
}
