import JEPA
import JEPAPoint
import JEPATestSupport
import Testing

@Suite struct JEPAModelTests {
  @Test func namesBeginWithTheParts() {
    let model = TinyModel.make()
    let names = model.namedParameters().map(\.name)
    #expect(
      names.allSatisfy { name in
        ["encoder.", "predictor.", "head."].contains { name.hasPrefix($0) }
      })
    #expect(names.contains("encoder.blocks.1.attn.qkv.weight"))
    #expect(names.contains("predictor.predictor_blocks.0.mlp.fc1.bias"))
    #expect(names.contains("predictor.mask_token"))
    #expect(names.contains("head.proj.weight"))
    expectEveryTensorIsWalked(model)
  }

  /// Row i is the target encoder's token at the i-th target patch, normalised over its features.
  @Test func targetsAreNormalisedTokens() {
    let model = TinyModel.make(dtype: .float64)
    let target = TinyModel.make(dtype: .float64, seed: 9).encoder
    let (images, masks) = (TinyModel.images(3), TinyModel.masks(3, contextBlocks: 2))
    let tokens = Naive(target(images).tokens)
      .layerNorm(weight: nil, bias: nil, epsilon: 1e-5)
    let rows = masks.targets.flatMap { block in
      (0..<2).flatMap { _ in
        block.enumerated().flatMap { image, patches in patches.map { image * 16 + Int($0) } }
      }
    }
    expectClose(
      model.targets(images, masks: masks, targetEncoder: target), tokens.gatherRows(rows).tensor,
      absolute: 1e-12, relative: 1e-12)
  }

  /// Not even where the target encoder is the one that is trained.
  @Test func targetsCarryNoGradient() {
    let (images, masks) = (TinyModel.images(2), TinyModel.masks(2))
    let result = valueAndGradients(of: TinyModel.make()) { model in
      #expect(model.encode(images, masks: masks).tokens.needsGradient)
      let targets = model.targets(images, masks: masks, targetEncoder: model.encoder)
      #expect(!targets.needsGradient)
      return targets.sum() + model.head.proj.weight.sum()
    }
    for name in result.gradients.names {
      #expect((result.gradients[name] == nil) == (name != "head.proj.weight"), "\(name)")
    }
  }

  @Test func targetTransformByHand() {
    // Mean 2, variance 2: (x − 2) / √2, for an ε of 0.
    var transform = TargetTransform()
    transform.epsilon = 0
    let result = transform(
      Tensor([0.0, 2, 2, 4, 5, 5, 5, 5], shape: [2, 4]).slice(axis: 0, 0..<1))
    let root = 2.0.squareRoot()
    expectClose(result.doubles(), [-root, 0, 0, root], absolute: 1e-14, relative: 0)
    #expect(TargetTransform().epsilon == 1e-5)
  }

  /// The loss of the whole model, differentiated by hand of finite differences.
  @Test func gradients() {
    let model = TinyModel.make(dtype: .float64)
    let (images, masks) = (TinyModel.images(2), TinyModel.masks(2))
    let target = TinyModel.make(dtype: .float64, seed: 9).encoder
    let targets = model.targets(images, masks: masks, targetEncoder: target)
    let random = RandomSource(seed: 0)
    gradientCheck(of: model, limit: 2, "model") { model in
      var draws = random
      let context = model.encode(images, masks: masks)
      return model.predict(context, masks: masks).loss(of: targets, using: &draws).mean()
    }
  }
}
