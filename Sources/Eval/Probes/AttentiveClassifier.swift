import JEPATensor

/// The attentive classifier of V-JEPA's evaluations (Bardes et al. 2024, appendix D): one learned query
/// attends to the layer-normed tokens, and a linear layer reads what it gathers.
///
/// ```
/// y = query + projection(CrossAttention(q(query), k(LN(x)), v(LN(x))))
/// y = y + MLP(LN(y))                          GELU, ratio 4
/// logits = classifier(y)
/// ```
///
/// A single query makes two shortcuts exact. Its product with a token's key is the token's product with one
/// vector per head, Kₕᵀ qₕ; and since Σ αᵢ V xᵢ = V Σ αᵢ xᵢ, values are made of the pooled token. Logits and
/// gradients are those of the block written out, for 1/P of its products. Keys have no bias: it would add the
/// same to every token's score, which the softmax ignores.
struct AttentiveClassifier: Module {
  /// [1, D].
  var query: Tensor
  var tokenNorm: LayerNorm
  var queries: Linear
  var keys: Linear
  var values: Linear
  var projection: Linear
  var hiddenNorm: LayerNorm
  var hidden: MLP
  var classifier: Linear
  private let heads: Int

  /// As the original is initialized: normal of standard deviation 0.02, what enters the residual stream
  /// divided by √2; the classifier with the variance of PyTorch's linear layer, 1 / 3D.
  init(dimensions d: Int, heads: Int, classes: Int, using random: inout RandomSource) {
    require(
      d % heads == 0, "AttentiveClassifier: \(d) dimensions do not divide into \(heads) heads")
    func linear(bias: Bool = true) -> Linear {
      Linear(
        inputDimensions: d, outputDimensions: d, bias: bias, deviation: 0.02, using: &random)
    }
    self.heads = heads
    query = .truncatedNormal([1, d], deviation: 0.02, using: &random)
    tokenNorm = LayerNorm(dimensions: d, epsilon: 1e-5)
    (queries, keys, values, projection) = (linear(), linear(bias: false), linear(), linear())
    hiddenNorm = LayerNorm(dimensions: d, epsilon: 1e-5)
    hidden = MLP(dimensions: d, hiddenDimensions: 4 * d, deviation: 0.02, using: &random)
    classifier = Linear(
      inputDimensions: d, outputDimensions: classes, deviation: Linear.deviation(forInputs: 3 * d),
      using: &random)
    projection.weight = projection.weight * 0.5.squareRoot()
    hidden.fc2.weight = hidden.fc2.weight * 0.5.squareRoot()
  }

  mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.parameter("query", &query)
    visitor.module("token_norm", &tokenNorm)
    visitor.module("queries", &queries)
    visitor.module("keys", &keys)
    visitor.module("values", &values)
    visitor.module("projection", &projection)
    visitor.module("hidden_norm", &hiddenNorm)
    visitor.module("hidden", &hidden)
    visitor.module("classifier", &classifier)
  }

  /// [B, P, D] → logits [B, C].
  func callAsFunction(_ tokens: Tensor) -> Tensor {
    let (b, d) = (tokens.shape[0], tokens.shape[2])
    let width = d / heads
    let x = tokenNorm(tokens)  // [B, P, D]
    let q = queries(query).reshaped([heads, 1, width])
    let scores = matmul(q, keys.weight.reshaped([heads, width, d])).reshaped([heads, d])
    let logits = linear(x, weight: scores / Double(width).squareRoot(), bias: nil)  // [B, P, H]
    let attention = logits.permuted([0, 2, 1]).softmax()
    let pooled = matmul(attention, x).permuted([1, 0, 2])  // [H, B, D]
    let gathered = matmul(
      pooled, values.weight.reshaped([heads, width, d]), transposeB: true)  // [H, B, D / H]
    var attended = gathered.permuted([1, 0, 2]).reshaped([b, d])
    if let bias = values.bias { attended = attended + bias }
    var y = projection(attended) + query  // [B, D]
    y = y + hidden(hiddenNorm(y))
    return classifier(y)
  }
}
