import JEPATensor
import JEPAViT
import JEPATestSupport
import Testing

@Suite struct VisionTransformerTests {
  /// What the reference's `VisionTransformer(img_size=[16], patch_size=4, embed_dim=16, depth=2,
  /// num_heads=2, qkv_bias=True).state_dict()` holds.
  @Test func namesAndShapesAreTheReferences() {
    var expected: [String: [Int]] = [
      "pos_embed": [1, 16, 16], "patch_embed.proj.weight": [16, 3, 4, 4],
      "patch_embed.proj.bias": [16], "norm.weight": [16], "norm.bias": [16],
    ]
    for block in 0..<2 {
      for (name, shape) in [
        ("norm1.weight", [16]), ("norm1.bias", [16]), ("attn.qkv.weight", [48, 16]),
        ("attn.qkv.bias", [48]), ("attn.proj.weight", [16, 16]), ("attn.proj.bias", [16]),
        ("norm2.weight", [16]), ("norm2.bias", [16]), ("mlp.fc1.weight", [64, 16]),
        ("mlp.fc1.bias", [64]), ("mlp.fc2.weight", [16, 64]), ("mlp.fc2.bias", [16]),
      ] {
        expected["blocks.\(block).\(name)"] = shape
      }
    }
    var random = RandomSource(seed: 0)
    let encoder = VisionTransformer(.small(), using: &random)
    let named = encoder.namedParameters()
    #expect(named.count == expected.count)
    for (name, tensor) in named { #expect(tensor.shape == expected[name], "\(name)") }
    let frozen = Set(named.map(\.name)).subtracting(encoder.trainedNames())
    #expect(frozen == ["pos_embed"])
  }

  @Test func everyTensorIsWalked() {
    expectEveryTensorIsWalked(VisionTransformer.scrambled())
    var sizes = VisionTransformerConfiguration.small(height: 8, width: 12)
    sizes.qkvBias = false
    expectEveryTensorIsWalked(VisionTransformer.scrambled(sizes))
  }

  @Test(arguments: [(8, 20, 4), (14, 7, 7), (28, 14, 14), (16, 32, 16), (9, 6, 3)])
  func agreesWithNestedLoops(_ height: Int, _ width: Int, _ patchSize: Int) {
    let encoder = VisionTransformer.scrambled(
      .small(height: height, width: width, patchSize: patchSize))
    let batch = images(2, height: height, width: width)
    let grid = encoder.grid(of: batch)
    #expect(grid == PatchGrid(rows: height / patchSize, columns: width / patchSize))
    let result = encoder(batch)
    #expect(result.offsets == [0, grid.count, 2 * grid.count])
    let expected = (0..<2).map { image in
      naive(encoder, Naive(batch.slice(axis: 0, image..<image + 1)), patches: Array(0..<grid.count))
    }
    expectClose(
      result.tokens, Naive.concatenated(expected, axis: 0).tensor, absolute: 1e-11,
      relative: 1e-11)
  }

  /// Sequences of different lengths, several of one image, in any order, one of them empty.
  @Test func packedSequencesAgreeWithNestedLoops() {
    let encoder = VisionTransformer.scrambled()
    let batch = images(3)
    let lists: [(image: Int, patches: [Int32])] = [
      (2, [0, 3, 5]), (0, Array(0..<16)), (0, [15]), (1, []), (2, [9, 1]),
    ]
    let result = encoder(batch, sequences: PatchSequences(lists))
    #expect(result.count == 5)
    let expected = lists.filter { !$0.patches.isEmpty }.map { list in
      naive(
        encoder, Naive(batch.slice(axis: 0, list.image..<list.image + 1)),
        patches: list.patches.map(Int.init))
    }
    expectClose(
      result.tokens, Naive.concatenated(expected, axis: 0).tensor, absolute: 1e-11,
      relative: 1e-11)
  }

  @Test func aBatchIsItsImages() {
    let encoder = VisionTransformer.scrambled()
    let batch = images(4)
    let together = encoder(batch).tokens
    for image in 0..<4 {
      expectClose(
        together.slice(axis: 0, image * 16..<(image + 1) * 16),
        encoder(batch.slice(axis: 0, image..<image + 1)).tokens, absolute: 1e-12, relative: 1e-12)
    }
  }

  /// Pixels of patches that no sequence names, and other images, change nothing: not one bit.
  @Test func tokensOutsideASequenceHaveNoInfluence() {
    let encoder = VisionTransformer.scrambled()
    let sequences = PatchSequences([(0, [0, 1, 4, 5])])
    let first = images(2)
    var changed = images(2, seed: 77)
    // The four patches of image 0's upper left corner stay.
    changed = Tensor(
      zip(first.floats(), changed.floats()).enumerated().map { index, values in
        let (image, row, column) = (index / 768, index / 16 % 16, index % 16)
        return image == 0 && row < 8 && column < 8 ? values.0 : values.1
      }, shape: [2, 3, 16, 16])
    expectSameBits(
      encoder(first, sequences: sequences).tokens, encoder(changed, sequences: sequences).tokens)
  }

  /// Reordering a sequence's patches reorders its tokens.
  @Test func orderEquivariance() {
    let encoder = VisionTransformer.scrambled()
    let batch = images(1)
    let order = [7, 2, 11, 0, 13]
    let sorted = order.sorted()
    let straight = encoder(
      batch, sequences: PatchSequences([(0, sorted.map(Int32.init))])
    ).tokens
    let mixed = encoder(
      batch, sequences: PatchSequences([(0, order.map(Int32.init))])
    ).tokens
    let rows = order.map { sorted.firstIndex(of: $0) ?? 0 }
    expectClose(mixed, straight.gatherRows(rows), absolute: 1e-12, relative: 1e-12)
  }

  /// Images of another size: what an encoder resized for them gives.
  @Test(arguments: [(24, 24), (8, 20), (4, 4)])
  func otherImageSizes(_ height: Int, _ width: Int) {
    let encoder = VisionTransformer.scrambled()
    let batch = images(2, height: height, width: width)
    let resized = encoder.resized(height: height, width: width)
    #expect(resized.configuration.imageHeight == height)
    #expect(resized.configuration.imageWidth == width)
    #expect(resized.positions.shape == [1, height / 4 * (width / 4), 16])
    let expected = (0..<2).map { image in
      naive(
        resized, Naive(batch.slice(axis: 0, image..<image + 1)),
        patches: Array(0..<height / 4 * (width / 4)))
    }
    let tensor = Naive.concatenated(expected, axis: 0).tensor
    expectClose(encoder(batch).tokens, tensor, absolute: 1e-11, relative: 1e-11)
    expectClose(resized(batch).tokens, tensor, absolute: 1e-11, relative: 1e-11)
  }

  @Test func lastLayers() {
    let encoder = VisionTransformer.scrambled(.small(depth: 3))
    let batch = images(2)
    let layers = encoder.layers(batch, last: 3)
    #expect(layers.count == 3)
    expectSameBits(layers[2].tokens, encoder(batch).tokens)
    for depth in 1...3 {
      var shorter = encoder
      shorter.blocks.removeLast(3 - depth)
      expectSameBits(layers[depth - 1].tokens, shorter(batch).tokens, "after \(depth) blocks")
    }
    #expect(encoder.layers(batch, last: 1).count == 1)
  }

  @Test func gradients() {
    let encoder = VisionTransformer.scrambled(.small(height: 8, width: 12))
    let batch = images(2, height: 8, width: 12)
    let sequences = PatchSequences([(0, [0, 2, 5]), (1, [1, 4])])
    var random = RandomSource(seed: 9)
    let weights = Tensor.normal([5, 16], dtype: .float64, using: &random)
    gradientCheck(of: encoder, limit: 4, "encoder") { encoder in
      (encoder(batch, sequences: sequences).tokens * weights).sum()
    }
  }

  /// Some patches' outputs are rows of all, for one image and for more than go through together.
  @Test(arguments: [1, 40])
  func outputsAtSomePatches(_ count: Int) {
    let encoder = VisionTransformer.scrambled(.small(depth: 3))
    let batch = images(count)
    let patchCount = encoder.grid(of: batch).count
    #expect((encoder.imagesAtOnce(of: batch) < count) == (count == 40))
    let lists = (0..<count).map { image in
      (0..<patchCount).filter { ($0 * 7 + image) % 5 < image % 4 }.map(Int32.init)
    }
    let wanted = PatchSequences(lists.enumerated().map { ($0, $1) })
    let rows = zip(wanted.images, wanted.patches).map { $0 * Int32(patchCount) + $1 }
    expectClose(
      encoder.outputs(batch, at: wanted), encoder(batch).tokens.gatherRows(rows),
      absolute: 1e-12, relative: 1e-12)
  }

  @Test func stochasticDepthIsAFunctionOfItsSource() {
    var sizes = VisionTransformerConfiguration.small(depth: 4)
    sizes.dropPathRate = 0.6
    let encoder = VisionTransformer.scrambled(sizes)
    let batch = images(6)
    let random = RandomRows(count: 6, from: RandomSource(seed: 3))
    let first = encoder(batch, dropPath: random).tokens
    expectSameBits(first, encoder(batch, dropPath: random).tokens)
    #expect(first.doubles() != encoder(batch, dropPath: random.split("other")).tokens.doubles())
    #expect(first.doubles() != encoder(batch).tokens.doubles())
    expectSameBits(encoder(batch).tokens, encoder(batch).tokens)
  }

  @Test func bfloat16MatricesStayNearFloat32() {
    let encoder = VisionTransformer.scrambled(dtype: .float32)
    let batch = images(3)
    let exact = encoder(batch).tokens
    let rounded = encoder.matrices(in: .bfloat16)(batch).tokens
    #expect(rounded.dtype == .float32)
    expectClose(rounded, exact, ofLargest: 0.05)
    expectClose(
      exact, VisionTransformer.scrambled(dtype: .float64).cast(to: .float32)(batch).tokens,
      ofLargest: 1e-5)
  }

  @Test func emptyBatch() {
    let encoder = VisionTransformer.scrambled()
    let result = encoder(images(0))
    #expect(result.tokens.shape == [0, 16] && result.offsets == [0])
  }

  @Test func initialisationDependsOnTheSourceAlone() {
    func make(_ seed: UInt64, _ scaled: Bool = true) -> VisionTransformer {
      var random = RandomSource(seed: seed)
      return VisionTransformer(.small(), depthScaled: scaled, using: &random)
    }
    for (a, b) in zip(make(1).namedParameters(), make(1).namedParameters()) {
      expectSameBits(a.tensor, b.tensor, a.name)
    }
    #expect(
      make(1).blocks[0].attn.qkv.weight.doubles() != make(2).blocks[0].attn.qkv.weight.doubles())
    #expect(
      make(1).blocks[0].attn.qkv.weight.doubles() != make(1).blocks[1].attn.qkv.weight.doubles())
    expectClose(
      make(1).blocks[1].mlp.fc2.weight * 2, make(1, false).blocks[1].mlp.fc2.weight,
      relative: 1e-6)
  }
}
