import JEPA
import JEPATestSupport
import Testing

@Suite struct PredictorTests {
  private static let images = 3

  private static func predictor(dtype: DType = .float64) -> Predictor {
    var random = RandomSource(seed: 2)
    var predictor = Predictor(
      grid: TinyModel.grid, embedDimensions: 16, dimensions: 8, depth: 2, heads: 2, dtype: dtype,
      using: &random)
    predictor.scramble(using: random)
    return predictor
  }

  /// Random tokens in place of an encoder's output.
  private static func context(_ masks: MaskBatch, seed: UInt64 = 4) -> TokenSequences {
    var random = RandomSource(seed: seed)
    let offsets = masks.contextSequences.offsets
    return TokenSequences(
      tokens: .normal([offsets.last ?? 0, 16], dtype: .float64, using: &random), offsets: offsets)
  }

  /// The reference's `vit_predictor(num_patches=16, embed_dim=16, predictor_embed_dim=8, …)`, less
  /// its projection, which is the head.
  @Test func namesAndShapesAreTheReferences() {
    var expected: [String: [Int]] = [
      "mask_token": [1, 1, 8], "predictor_pos_embed": [1, 16, 8],
      "predictor_embed.weight": [8, 16],
      "predictor_embed.bias": [8], "predictor_norm.weight": [8], "predictor_norm.bias": [8],
    ]
    for block in 0..<2 {
      for (name, shape) in [
        ("norm1.weight", [8]), ("norm1.bias", [8]), ("attn.qkv.weight", [24, 8]),
        ("attn.qkv.bias", [24]), ("attn.proj.weight", [8, 8]), ("attn.proj.bias", [8]),
        ("norm2.weight", [8]), ("norm2.bias", [8]), ("mlp.fc1.weight", [32, 8]),
        ("mlp.fc1.bias", [32]), ("mlp.fc2.weight", [8, 32]), ("mlp.fc2.bias", [8]),
      ] {
        expected["predictor_blocks.\(block).\(name)"] = shape
      }
    }
    let named = Self.predictor().namedParameters()
    #expect(named.count == expected.count)
    for (name, tensor) in named { #expect(tensor.shape == expected[name], "\(name)") }
    #expect(
      Set(named.map(\.name)).subtracting(Self.predictor().trainedNames()) == ["predictor_pos_embed"]
    )
  }

  @Test func everyTensorIsWalked() {
    expectEveryTensorIsWalked(Self.predictor())
  }

  /// One sequence at a time: context tokens, then mask tokens, through the blocks; the last are kept.
  @Test(arguments: [1, 2])
  func agreesWithALoop(_ contextBlocks: Int) {
    let predictor = Self.predictor()
    let masks = TinyModel.masks(Self.images, contextBlocks: contextBlocks)
    let context = Self.context(masks)
    let table = predictor.positions.reshaped([16, 8])
    var rows: [Tensor] = []
    for targetBlock in masks.targets {
      for (block, contextBlock) in masks.contexts.enumerated() {
        for image in 0..<Self.images {
          let sequence = block * Self.images + image
          let own = context.tokens.slice(
            axis: 0, context.offsets[sequence]..<context.offsets[sequence + 1])
          let shown = predictor.embed(own) + table.gatherRows(contextBlock[image])
          let asked = targetBlock[image].map { patch in
            table.gatherRows([patch]) + predictor.maskToken.reshaped([1, 8])
          }
          let tokens = Tensor.concatenated([shown] + asked, axis: 0)
          var x = TokenSequences(tokens: tokens, offsets: [0, tokens.shape[0]])
          var none: RandomRows?
          for layer in predictor.blocks { x = layer(x, dropPath: &none) }
          rows.append(
            predictor.norm(
              x.tokens.slice(axis: 0, shown.shape[0]..<tokens.shape[0])))
        }
      }
    }
    let expected = Tensor.concatenated(rows, axis: 0)
    #expect(expected.shape == [masks.targetRowCount, 8])
    expectClose(predictor(context, masks: masks), expected, absolute: 1e-12, relative: 1e-12)
  }

  /// Every (target block, context block) holds one part per image; permuting images permutes parts.
  @Test func permutingImagesPermutesRows() {
    let predictor = Self.predictor()
    let masks = TinyModel.masks(Self.images, contextBlocks: 2)
    let order = [2, 0, 1]
    let permuted = MaskBatch(
      contexts: masks.contexts.map { block in order.map { block[$0] } },
      targets: masks.targets.map { block in order.map { block[$0] } })
    let context = Self.context(masks)
    func sequences(_ offsets: [Int], _ sequence: Int) -> [Int] {
      Array(offsets[sequence]..<offsets[sequence + 1])
    }
    func reordered(_ offsets: [Int]) -> [Int] {
      (0..<offsets.count - 1).flatMap { sequence in
        let block = sequence / Self.images
        return sequences(offsets, block * Self.images + order[sequence % Self.images])
      }
    }
    let tokens = context.tokens.gatherRows(reordered(context.offsets))
    let result = predictor(
      TokenSequences(tokens: tokens, offsets: permuted.contextSequences.offsets), masks: permuted)
    let straight = predictor(context, masks: masks)
    expectClose(
      result, straight.gatherRows(reordered(masks.targetSequences.offsets)), absolute: 1e-12,
      relative: 1e-12)
  }

  /// A target sees neither other target blocks, nor other context blocks, nor other images.
  @Test func targetsSeeOnlyTheirOwnSequence() {
    let predictor = Self.predictor()
    let masks = TinyModel.masks(1, contextBlocks: 2)
    let context = Self.context(masks)
    let straight = predictor(context, masks: masks)
    for target in 0..<2 {
      for block in 0..<2 {
        let alone = MaskBatch(
          contexts: [masks.contexts[block]], targets: [masks.targets[target]])
        let own = TokenSequences(
          tokens: context.tokens.slice(
            axis: 0, context.offsets[block]..<context.offsets[block + 1]),
          offsets: alone.contextSequences.offsets)
        let offsets = masks.targetSequences.offsets
        let sequence = target * 2 + block
        expectClose(
          straight.slice(axis: 0, offsets[sequence]..<offsets[sequence + 1]),
          predictor(own, masks: alone), absolute: 1e-12, relative: 1e-12)
      }
    }
  }

  @Test func gradients() {
    let predictor = Self.predictor()
    let masks = TinyModel.masks(2, contextBlocks: 2)
    let context = Self.context(masks)
    var random = RandomSource(seed: 3)
    let weights = Tensor.normal([masks.targetRowCount, 8], dtype: .float64, using: &random)
    gradientCheck(of: predictor, limit: 4, "predictor") { predictor in
      (predictor(context, masks: masks) * weights).sum()
    }
    gradientCheck(at: [context.tokens], limit: 24, "predictor's context") { inputs in
      predictor(TokenSequences(tokens: inputs[0], offsets: context.offsets), masks: masks)
    }
  }

  @Test func emptyListsGiveNoRows() {
    let predictor = Self.predictor()
    let masks = MaskBatch(contexts: [[[0, 1], [2]]], targets: [[[], [5]]])
    #expect(predictor(Self.context(masks), masks: masks).shape == [1, 8])
    let none = MaskBatch(contexts: [[[0, 1], [2]]], targets: [[[], []]])
    #expect(predictor(Self.context(none), masks: none).shape == [0, 8])
  }

  @Test func initialWeights() {
    var random = RandomSource(seed: 2)
    let predictor = Predictor(
      grid: TinyModel.grid, embedDimensions: 64, dimensions: 128, depth: 1, heads: 2,
      using: &random)
    func deviation(_ tensor: Tensor) -> Double {
      (tensor.doubles().reduce(0) { $0 + $1 * $1 } / Double(tensor.count)).squareRoot()
    }
    #expect(abs(deviation(predictor.embed.weight) - 0.02) < 0.001)
    #expect(abs(deviation(predictor.maskToken) - 0.02) < 0.007)
    #expect(predictor.embed.bias?.doubles().allSatisfy { $0 == 0 } ?? false)
    // √2 less, by the depth scaling of the first block.
    #expect(abs(deviation(predictor.blocks[0].mlp.fc2.weight) - 0.02 / 2.0.squareRoot()) < 0.001)
    expectSameBits(
      predictor.positions, PositionalEmbedding.sineCosine(grid: TinyModel.grid, dimensions: 128))
  }
}
