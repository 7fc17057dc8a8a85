import Foundation
import JEPADensity
import JEPADiffusion
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct DiffusionHeadTests {
  static func options(_ prediction: DiffusionQuantity = .v) -> DiffusionOptions {
    var options = DiffusionOptions()
    options.prediction = prediction
    options.schedule = prediction == .epsilon ? .linear : .cosine
    options.timesteps = 100
    options.width = 16
    options.embeddingDimensions = 8
    options.samplingSteps = 4
    options.flowSteps = 4
    options.boundTerms = 8
    options.meanSamples = 8
    return options
  }

  static func underTest(
    _ options: DiffusionOptions
  ) -> HeadUnderTest<DiffusionHead> {
    var head = HeadUnderTest("diffusion, \(options.prediction)") {
      context, target, dtype, random in
      DiffusionHead(
        contextDimensions: context, targetDimensions: target, options: options, dtype: dtype,
        using: &random)
    }
    head.meanDraws = options.meanSamples
    // Noise is drawn in the head's own type: the last bits of a logarithm differ.
    head.precisionTolerance = 1e-3
    return head
  }

  @Test(arguments: HeadLaw.forAll)
  func laws(_ law: HeadLaw) throws { try Self.underTest(Self.options()).expect(law) }

  @Test(arguments: [DiffusionQuantity.epsilon, .x], [HeadLaw.gradientsAreDerivatives, .robust])
  func lawsOfOtherPredictions(_ quantity: DiffusionQuantity, _ law: HeadLaw) throws {
    try Self.underTest(Self.options(quantity)).expect(law)
  }

  @Test(arguments: [HeadLaw.gradientsAreDerivatives, .robust, .survivesSaving])
  func lawsWithOctaves(_ law: HeadLaw) throws {
    var options = Self.options()
    options.inputOctaves = 2
    try Self.underTest(options).expect(law)
  }

  /// An octave's waves repeat with a target's coordinate, the coordinate itself does not.
  @Test func octavesAreSinesAndCosinesOfTheTarget() {
    var random = RandomSource(seed: 6)
    var options = Self.options()
    options.levels = 0
    options.middleBlocks = 0
    options.inputOctaves = 2
    var head = DiffusionHead(
      contextDimensions: 0, targetDimensions: 1, options: options, dtype: .float64, using: &random)
    let width = options.width(forTargets: 1)
    var weight = [Double](repeating: 0, count: width * 5)
    var outputs = Tensor.zeros([1, width], dtype: .float64)
    head.forEachParameter { name, tensor, _ in
      switch name {
      case "network.input_proj.weight":
        #expect(tensor.shape == [width, 5])
        // Unit u sees feature u of x, sin πx, cos πx, sin 2πx, cos 2πx.
        for unit in 0..<5 { weight[unit * 5 + unit] = 1 }
        tensor = Tensor(weight, shape: [width, 5])
      case "network.input_proj.bias": tensor = .zeros([width], dtype: .float64)
      case "network.output_proj.weight":
        outputs = Tensor((0..<width).map { Double($0 + 1) }, shape: [1, width])
        tensor = outputs
      default: break
      }
    }
    let x = 0.3
    let features = [x, sin(.pi * x), cos(.pi * x), sin(2 * .pi * x), cos(2 * .pi * x)]
    let hidden = Tensor(
      features + [Double](repeating: 0, count: width - 5), shape: [1, width])
    let normalized = hidden.layerNorm(
      weight: .ones([width], dtype: .float64), bias: .zeros([width], dtype: .float64),
      epsilon: 1e-6)
    let denoiser = head(.zeros([1, 0], dtype: .float64)).denoiser
    let value = denoiser(Tensor([x], shape: [1, 1, 1]), at: head.schedule.level(at: 10))
    expectClose([value.item()], [(normalized * outputs).sum().item()], relative: 1e-12)
  }

  /// A small network as PyTorch computes it, on parameters made by a formula.
  @Test func agreesWithPyTorch() throws {
    let golden = try Goldens.read()
    var random = RandomSource(seed: 1)
    var head = DiffusionHead(
      contextDimensions: 3, targetDimensions: 5, options: Self.options(), dtype: .float64,
      using: &random)
    #expect(head.namedParameters().map(\.name) == golden.parameterNames.map { "network." + $0 })
    var index = 0.0
    head.forEachParameter { _, tensor, _ in
      let values = (0..<tensor.count).map { 0.3 * sin(0.7 * Double($0) + 1.3 * index) }
      tensor = Tensor(values, shape: tensor.shape)
      index += 1
    }
    let x = Tensor((0..<30).map { sin(Double($0) * 0.9) }, shape: [2, 3, 5])
    let context = Tensor((0..<6).map { cos(Double($0) * 1.1) }, shape: [2, 3])
    let denoiser = head(context).denoiser
    let expected = Tensor(golden.network, shape: [2, 3, 5])
    for (copy, time) in [1.0, 37.5, 100].enumerated() {
      let level = head.schedule.level(at: time)
      expectClose(
        denoiser(x.slice(axis: 1, copy..<copy + 1), at: level),
        expected.slice(axis: 1, copy..<copy + 1), absolute: 1e-12, relative: 1e-10, "time \(time)")
    }
    let swapped = denoiser.selectingRows([1, 0, 1])
    let level = head.schedule.level(at: 1)
    let all = denoiser(x, at: level)
    expectClose(
      swapped(x.gatherRows([1, 0, 1]), at: level), all.gatherRows([1, 0, 1]), absolute: 1e-13,
      relative: 0, "rows selected")
  }

  @Test func sizes() {
    var random = RandomSource(seed: 2)
    let head = DiffusionHead(contextDimensions: 96, targetDimensions: 191, using: &random)
    let shapes = Dictionary(
      uniqueKeysWithValues: head.namedParameters().map { ($0.name, $0.tensor.shape) })
    #expect(shapes["network.input_proj.weight"] == [256, 191])
    #expect(shapes["network.middle_blocks.0.fc1.weight"] == [128, 128])
    #expect(shapes["network.up_blocks.0.modulation.context.weight"] == [768, 128])
    #expect(shapes["network.output_proj.weight"] == [191, 256])
    for dimensions in [1, 2, 191, 192, 384] {
      #expect(DiffusionOptions().width(forTargets: dimensions) >= dimensions)
    }
    var deep = Self.options()
    (deep.levels, deep.blocksPerLevel, deep.middleBlocks, deep.width) = (2, 2, 0, 32)
    let network = DiffusionHead(
      contextDimensions: 0, targetDimensions: 2, options: deep, using: &random)
    let names = network.namedParameters().map(\.name)
    #expect(names.contains("network.down_blocks.3.fc1.weight"))
    #expect(!names.contains { $0.contains("context") })
    #expect(network(.zeros([3, 0])).sample(2, using: &random).shape == [2, 3, 2])
  }

  /// A new network says v = 0, so that its loss is the mean of v² and of N(0, 1) targets 1.
  @Test(arguments: [1, 4])
  func initialLoss(_ copies: Int) {
    var options = Self.options()
    options.timestepsPerRow = copies
    var random = RandomSource(seed: 3)
    let head = DiffusionHead(
      contextDimensions: 2, targetDimensions: 3, options: options, dtype: .float64, using: &random)
    let y = Tensor.normal([4000, 3], dtype: .float64, using: &random)
    let context = Tensor.normal([4000, 2], dtype: .float64, using: &random)
    let loss = head(context).loss(of: y, using: &random)
    let error = (loss.variance(axis: 0).item() / 4000).squareRoot()
    #expect(abs(loss.mean().item() - 1) < 5 * error)
    // Scaled targets of a scaled head give the same loss, whatever the scale.
    options.dataScale = 5
    var again = RandomSource(seed: 3)
    let scaled = DiffusionHead(
      contextDimensions: 2, targetDimensions: 3, options: options, dtype: .float64, using: &again)
    var (a, b) = (RandomSource(seed: 4), RandomSource(seed: 4))
    expectClose(
      scaled(context).loss(of: y * 5.0, using: &a), head(context).loss(of: y, using: &b),
      absolute: 1e-12, relative: 1e-12)
  }

  /// The scale's log-determinant is part of both estimates.
  @Test func scaleCountsInTheDensity() {
    var options = Self.options()
    var random = RandomSource(seed: 5)
    let unit = DiffusionHead(
      contextDimensions: 2, targetDimensions: 3, options: options, dtype: .float64, using: &random)
    options.dataScale = 4
    random = RandomSource(seed: 5)
    let scaled = DiffusionHead(
      contextDimensions: 2, targetDimensions: 3, options: options, dtype: .float64, using: &random)
    let context = Tensor.normal([6, 2], dtype: .float64, using: &random)
    let y = Tensor.normal([6, 3], dtype: .float64, using: &random)
    var (a, b) = (RandomSource(seed: 6), RandomSource(seed: 6))
    expectClose(
      scaled(context).estimatedLogDensity(of: y * 4.0, using: &a),
      unit(context).estimatedLogDensity(of: y, using: &b) - 3 * log(4), absolute: 1e-10,
      relative: 1e-10)
    expectClose(
      scaled(context).evidenceLowerBound(of: y * 4.0, using: &a),
      unit(context).evidenceLowerBound(of: y, using: &b) - 3 * log(4), absolute: 1e-9,
      relative: 1e-9)
  }

  /// The probability flow of any network is a density.
  @Test func estimateIntegratesToOne() {
    var options = Self.options()
    options.flowSteps = 96
    let step = 0.01
    let points = (-1200...1200).map { Double($0) * step }
    for seed in 1...3 as ClosedRange<UInt64> {
      var random = RandomSource(seed: seed)
      var head = DiffusionHead(
        contextDimensions: 2, targetDimensions: 1, options: options, dtype: .float64,
        using: &random)
      head.forEachParameter { _, tensor, _ in
        tensor = tensor + Tensor.normal(tensor.shape, dtype: .float64, using: &random) * 0.05
      }
      let context = Tensor.normal([1, 2], dtype: .float64, using: &random)
        .broadcast(to: [points.count, 2])
      let density = head(context).estimatedLogDensity(
        of: Tensor(points, shape: [points.count, 1]), using: &random)
      let total = density.doubles().reduce(0) { $0 + exp($1) } * step
      #expect(abs(total - 1) < 2e-3, "seed \(seed): \(total)")
    }
  }
}
