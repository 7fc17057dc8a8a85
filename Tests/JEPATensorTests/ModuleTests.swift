import JEPATensor
import JEPATestSupport
import Testing

/// A module with every kind of part: children, an array of them, an absent bias, a frozen tensor.
private struct Sample: Module {
  var norm: LayerNorm
  var blocks: [MLP]
  var proj: Linear
  var table: Tensor
  var scale: Tensor?
  var width = 3

  init(dtype: DType = .float32) {
    var random = RandomSource(seed: 1)
    norm = LayerNorm(dimensions: 3, dtype: dtype)
    blocks = (0..<2).map { _ in
      MLP(dimensions: 3, hiddenDimensions: 4, dtype: dtype, using: &random)
    }
    proj = Linear(
      inputDimensions: 3, outputDimensions: 2, bias: false, dtype: dtype, using: &random)
    table = .normal([5, 3], dtype: dtype, using: &random)
    scale = .ones([], dtype: dtype)
  }

  mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    visitor.frozen("pos_embed", &table)
    visitor.module("norm", &norm)
    visitor.modules("blocks", &blocks)
    visitor.module("proj", &proj)
    visitor.parameter("scale", &scale)
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    let hidden = blocks.reduce(norm(x) + table) { $0 + $1($0) }
    return proj(hidden) * (scale ?? Tensor(1, dtype: x.dtype))
  }
}

private struct Forgetful: Module {
  var weight = Tensor.ones([2])
  var forgotten = Tensor.ones([3])
  mutating func walk<V: ModuleVisitor>(_ visitor: inout V) { visitor.parameter("weight", &weight) }
}

private struct Deaf: Module {
  var weight = Tensor.ones([2])
  mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
    var copy = weight
    visitor.parameter("weight", &copy)
  }
}

@Suite struct ModuleTests {
  @Test func namesFollowTheWalk() {
    let names = Sample().namedParameters().map(\.name)
    #expect(
      names == [
        "pos_embed", "norm.weight", "norm.bias",
        "blocks.0.fc1.weight", "blocks.0.fc1.bias", "blocks.0.fc2.weight", "blocks.0.fc2.bias",
        "blocks.1.fc1.weight", "blocks.1.fc1.bias", "blocks.1.fc2.weight", "blocks.1.fc2.bias",
        "proj.weight", "scale",
      ])
    #expect(Sample().trainedNames() == Array(names.dropFirst()))
    #expect(Sample().parameterCount == 3 + 3 + 2 * (12 + 4 + 12 + 3) + 6 + 1)
    var without = Sample()
    without.scale = nil
    #expect(without.namedParameters().map(\.name) == Array(names.dropLast()))
    #expect(without.scale == nil || without.scale?.count == 0)
  }

  @Test func everyTensorIsWalked() {
    expectEveryTensorIsWalked(Sample())
    var random = RandomSource(seed: 1)
    expectEveryTensorIsWalked(
      Linear(inputDimensions: 2, outputDimensions: 3, using: &random))
    expectEveryTensorIsWalked(Linear(zeros: 2, 3))
    expectEveryTensorIsWalked(LayerNorm(dimensions: 2))
    expectEveryTensorIsWalked(MLP(dimensions: 2, hiddenDimensions: 3, using: &random))
    expectEveryTensorIsWalked(Embedding(count: 2, dimensions: 3, using: &random))
  }

  @Test func forgottenTensorsAreFound() {
    withKnownIssue { expectEveryTensorIsWalked(Forgetful()) }
    expectEveryTensorIsWalked(Forgetful(), except: ["forgotten"])
    withKnownIssue { expectEveryTensorIsWalked(Deaf()) }
  }

  @Test func valuesAreIndependent() {
    let module = Sample()
    var copy = module
    copy.forEachParameter { _, tensor, _ in
      tensor.withUnsafeMutableBytes { bytes in
        for i in bytes.indices { bytes[i] = 0 }
      }
    }
    #expect(copy.namedParameters().allSatisfy { $0.tensor.norm() == 0 })
    #expect(module.table.norm() > 0 && module.norm.weight.norm() > 0)
  }

  @Test func loadsByName() throws {
    var random = RandomSource(seed: 9)
    var source: [String: Tensor] = ["ignored": .zeros([1])]
    for (name, tensor) in Sample().namedParameters() {
      source[name] = .normal(tensor.shape, dtype: .float64, using: &random)
    }
    var module = Sample()
    try module.load(source, from: "a file")
    for (name, tensor) in module.namedParameters() {
      #expect(tensor.dtype == .float32)
      expectClose(tensor, source[name] ?? tensor, relative: 1e-7, name)
    }
  }

  @Test func refusesWhatDoesNotFitAndChangesNothing() {
    let original = Sample()
    var module = original
    var tensors = Dictionary(
      uniqueKeysWithValues: original.namedParameters().map { ($0.name, $0.tensor + 1.0) })
    tensors["proj.weight"] = .zeros([2, 4])
    #expect(
      throws: ParameterLoadingError.shape(
        name: "proj.weight", expected: [2, 3], actual: [2, 4], source: "x.safetensors")
    ) { try module.load(tensors, from: "x.safetensors") }
    tensors["proj.weight"] = nil
    #expect(throws: ParameterLoadingError.missing(name: "proj.weight", source: "x.safetensors")) {
      try module.load(tensors, from: "x.safetensors")
    }
    for (a, b) in zip(module.namedParameters(), original.namedParameters()) {
      expectSameBits(a.tensor, b.tensor, a.name)
    }
    for error in [
      ParameterLoadingError.missing(name: "n", source: "f"),
      .shape(name: "n", expected: [1], actual: [2], source: "f"),
    ] {
      let text = "\(error)"
      #expect(text.hasPrefix("f: ") && text.contains("\"n\"") && !text.contains("\n"))
    }
  }

  @Test func castsEveryTensor() {
    let module = Sample().cast(to: .float64)
    #expect(module.namedParameters().allSatisfy { $0.tensor.dtype == .float64 })
    expectSameBits(module.cast(to: .float32).proj.weight, Sample().proj.weight)
  }

  @Test func mixedPrecisionNarrowsTheMatricesOnly() {
    let module = Sample().matrices(in: .bfloat16)
    for (name, tensor) in module.namedParameters() {
      let narrow =
        name.hasSuffix("fc1.weight") || name.hasSuffix("fc2.weight") || name == "proj.weight"
      #expect(tensor.dtype == (narrow ? .bfloat16 : .float32), "\(name)")
    }
  }

  @Test func gradientsReachEveryTrainedTensorAndLeaveTheModuleAlone() {
    let module = Sample(dtype: .float64)
    var random = RandomSource(seed: 4)
    let x = Tensor.normal([5, 3], dtype: .float64, using: &random)
    let first = valueAndGradients(of: module) { $0(x).square().sum() }
    let second = valueAndGradients(of: module) { $0(x).square().sum() }
    #expect(first.gradients.names == module.trainedNames())
    #expect(first.gradients["pos_embed"] == nil && first.gradients["nonsense"] == nil)
    #expect(!first.value.needsGradient)
    for (name, tensor) in module.namedParameters() {
      #expect(!tensor.needsGradient, "\(name)")
      guard name != "pos_embed", let a = first.gradients[name], let b = second.gradients[name]
      else {
        #expect(name == "pos_embed", "no gradient for \(name)")
        continue
      }
      #expect(!a.needsGradient && a.shape == tensor.shape)
      expectSameBits(a, b, name)
    }
    gradientCheck(of: module) { $0(x).square().sum() }
  }

  @Test func theObjectiveMayThrow() {
    struct Refusal: Error {}
    #expect(throws: Refusal.self) {
      _ = try valueAndGradients(of: Sample()) { _ throws(Refusal) -> Tensor in throw Refusal() }
    }
  }

  @Test func gradientChecksFindWrongGradients() {
    withKnownIssue {
      gradientCheck(at: [Tensor([1.0, 2], shape: [2])]) { $0[0] * $0[0].detached() }
    }
    withKnownIssue {
      gradientCheck(of: Sample(dtype: .float64)) {
        ($0.proj.weight * $0.proj.weight.detached()).sum()
      }
    }
  }
}

@Suite struct GradientsTests {
  private func gradients(_ seed: UInt64) -> Gradients {
    var random = RandomSource(seed: seed)
    let x = Tensor.normal([5, 3], dtype: .float64, using: &random)
    return valueAndGradients(of: Sample(dtype: .float64)) { $0(x).square().sum() }.gradients
  }

  /// Balanced trees: with three parts the second half is two, with four each is.
  @Test func sumsAreBalancedTrees() {
    let (model, parts) = (Sample(dtype: .float64), (1...4).map { gradients($0) })
    for name in parts[0].names {
      let terms = parts.compactMap { $0[name] }
      guard terms.count == 4 else { continue }
      let (a, b, c, d) = (terms[0], terms[1], terms[2], terms[3])
      expectSameBits(model.sum(of: Array(parts[..<3]))[name] ?? a, a + (b + c), name)
      expectSameBits(model.sum(of: parts)[name] ?? a, (a + b) + (c + d), name)
    }
    expectSameBits(
      model.sum(of: [parts[0]])["scale"] ?? Tensor(0), parts[0]["scale"] ?? Tensor(1))
    #expect(parts[0].globalNorm == gradients(1).globalNorm, "the parts are unchanged")
  }

  @Test func normIsOverAllParameters() {
    let all = gradients(1)
    let squares = all.tensors.reduce(0.0) { $0 + ($1?.doubles().reduce(0) { $0 + $1 * $1 } ?? 0) }
    #expect(abs(all.globalNorm / squares.squareRoot() - 1) < 1e-14)
    #expect(all.firstNotFinite == nil)
    let unused = valueAndGradients(of: Sample()) { _ in Tensor(1) }.gradients
    #expect(unused.globalNorm == 0 && unused.firstNotFinite == nil)
  }

  @Test func namesTheFirstThatIsNotFinite() {
    let bad = valueAndGradients(of: Sample()) { module in
      (module.proj.weight * Double.infinity).sum() + module.norm.weight.sum()
    }.gradients
    #expect(bad.firstNotFinite == "proj.weight")
  }
}
