import JEPADensity
import JEPAMixture
import JEPATensor
import JEPATestSupport
import Testing

/// The kinds of mixtures there are.
enum MixtureCase: String, CaseIterable, Sendable {
  case diagonal, lowRank, coordinate

  var options: MixtureOptions {
    var options = MixtureOptions()
    options.components = 3
    options.hiddenDimensions = 8
    options.rank = self == .lowRank ? 2 : 0
    options.kind = self == .coordinate ? .coordinate : .vector
    return options
  }

  func head(
    context: Int = 4, target: Int = 5, dtype: DType = .float64, seed: UInt64 = 3,
    _ change: (inout MixtureOptions) -> Void = { _ in }
  ) -> MixtureHead {
    var random = RandomSource(seed: seed)
    var options = options
    change(&options)
    return MixtureHead(
      contextDimensions: context, targetDimensions: target, options: options, dtype: dtype,
      using: &random)
  }

  /// A head whose parameters are far from their initial values.
  func trainedHead(context: Int = 4, target: Int = 5, dtype: DType = .float64) -> MixtureHead {
    var head = head(context: context, target: target, dtype: dtype)
    var random = RandomSource(seed: 17)
    head.forEachParameter { _, tensor, _ in
      tensor = tensor + .normal(tensor.shape, dtype: dtype, using: &random) * 0.4
    }
    return head
  }
}

@Suite struct MixtureHeadTests {
  private static func normal(_ shape: [Int], seed: UInt64 = 4, dtype: DType = .float64) -> Tensor {
    var random = RandomSource(seed: seed)
    return .normal(shape, dtype: dtype, using: &random)
  }

  @Test func namesAndShapes() {
    let expected: [(MixtureCase, [(String, [Int])])] = [
      (.diagonal, [("logits", [3, 8]), ("means", [15, 8]), ("log_scales", [15, 8])]),
      (
        .lowRank,
        [("logits", [3, 8]), ("means", [15, 8]), ("log_scales", [15, 8]), ("factors", [30, 8])]
      ),
      (.coordinate, [("logits", [15, 8]), ("means", [15, 8]), ("log_scales", [15, 8])]),
    ]
    for (kind, layers) in expected {
      let named = kind.head().namedParameters()
      let all = [("hidden.0", [8, 4])] + layers
      #expect(named.map(\.name) == all.flatMap { ["\($0.0).weight", "\($0.0).bias"] })
      #expect(named.map(\.tensor.shape) == all.flatMap { [$0.1, [$0.1[0]]] })
      expectEveryTensorIsWalked(kind.head())
    }
  }

  @Test func hiddenLayers() {
    let deep = MixtureCase.diagonal.head { $0.hiddenLayers = 3 }
    #expect(deep.hidden.map(\.weight.shape) == [[8, 4], [8, 8], [8, 8]])
    let linear = MixtureCase.diagonal.head { $0.hiddenLayers = 0 }
    #expect(linear.hidden.isEmpty && linear.means.weight.shape == [15, 4])
    let unconditional = MixtureCase.diagonal.head(context: 0)
    #expect(unconditional.hidden.isEmpty && unconditional.means.weight.shape == [15, 0])
    let context = Self.normal([6, 4])
    let gelu = MixtureCase.diagonal.head()(context).means
    let silu = MixtureCase.diagonal.head { $0.activation = .silu }(context).means
    #expect(gelu.doubles() != silu.doubles())
  }

  /// One row by hand: the layers as products and sums, the floor added to exp.
  @Test(arguments: MixtureCase.allCases)
  func parametersAreTheNetworks(_ kind: MixtureCase) throws {
    let head = kind.trainedHead()
    let context = Self.normal([6, 4])
    let prediction = head(context)
    func layer(_ layer: Linear, _ x: Naive) -> Naive {
      .linear(x, weight: Naive(layer.weight), bias: layer.bias.map { Naive($0) })
    }
    let hidden = layer(head.hidden[0], Naive(context)).mapped(Naive.gelu)
    expectClose(
      prediction.means, layer(head.means, hidden).tensor.reshaped([6, 3, 5]), absolute: 1e-12,
      relative: 1e-12)
    expectClose(
      prediction.scales,
      (layer(head.logScales, hidden).tensor.exp() + 1e-3).reshaped([6, 3, 5]),
      absolute: 1e-12, relative: 1e-12)
    let logits = layer(head.logits, hidden).tensor.reshaped([6, 3, kind == .coordinate ? 5 : 1])
    let weights = logits.transposed().softmax().transposed().reshaped(prediction.weights.shape)
    expectClose(prediction.weights, weights, absolute: 1e-12, relative: 1e-12)
    #expect(prediction.kind == (kind == .coordinate ? .coordinate : .vector))
    #expect(prediction.factors?.shape == (kind == .lowRank ? [6, 3, 2, 5] : nil))
  }

  /// In every coordinate the initial means are K different quantiles, scaled so that no component
  /// has all the responsibility.
  @Test(arguments: MixtureCase.allCases)
  func componentsBeginApart(_ kind: MixtureCase) {
    for width in [1, 16, 191] {
      let head = kind.head(target: width) { $0.components = 8 }
      let prediction = head(.zeros([1, 4], dtype: .float64))
      let means = prediction.means.doubles()
      for d in 0..<width {
        let sorted = (0..<8).map { means[$0 * width + d] }.sorted()
        let gaps = zip(sorted, sorted.dropFirst()).map { $1 - $0 }
        #expect((gaps.min() ?? 0) > (kind == .coordinate ? 0.2 : 0.2 / Double(width).squareRoot()))
      }
      if let factors = prediction.factors { #expect(factors.norm() > 0) }
      let used = head(Self.normal([200, 4])).usedComponents
      #expect(used > 7.5, "\(used) of 8 components in use at \(width) dimensions")
    }
  }

  @Test(arguments: MixtureCase.allCases, [0.0, 0.7])
  func gradients(_ kind: MixtureCase, _ entropyWeight: Double) {
    var head = kind.head { $0.entropyWeight = entropyWeight }
    var random = RandomSource(seed: 18)
    head.forEachParameter { _, tensor, _ in
      tensor = tensor + .normal(tensor.shape, dtype: .float64, using: &random) * 0.4
    }
    let (context, y) = (Self.normal([5, 4]), Self.normal([5, 5], seed: 6))
    let weights = Self.normal([5], seed: 7)
    let draws = random
    gradientCheck(of: head, tolerance: 1e-6, limit: 12, "\(kind)") { head in
      var random = draws
      return (head(context).loss(of: y, using: &random) * weights).sum()
    }
    gradientCheck(at: [context], tolerance: 1e-6, "\(kind), context") { inputs in
      var random = draws
      return head(inputs[0]).loss(of: y, using: &random)
    }
  }

  @Test(arguments: MixtureCase.allCases)
  func noRowsNoContextOneDimension(_ kind: MixtureCase) {
    for (rows, context, target) in [(0, 4, 5), (3, 0, 5), (0, 0, 1), (2, 4, 1)] {
      let head = kind.trainedHead(context: context, target: target)
      let prediction = head(Self.normal([rows, context]))
      let y = Self.normal([rows, target], seed: 8)
      var random = RandomSource(seed: 0)
      #expect(prediction.loss(of: y, using: &random).shape == [rows])
      #expect(prediction.sample(2, using: &random).shape == [2, rows, target])
      #expect(prediction.mean.shape == [rows, target])
      #expect(prediction.variance.shape == [rows, target])
      #expect(prediction.modes(limit: 2).count == rows)
      #expect(prediction.usedComponents.isFinite)
      let (_, gradients) = valueAndGradients(of: head) {
        $0(Self.normal([rows, context])).loss(of: y, using: &random).sum()
      }
      #expect(gradients.firstNotFinite == nil)
      #expect(gradients.tensors.allSatisfy { $0 != nil })
    }
  }

  /// bfloat16 matrices give float32 densities near those of float32 matrices; so do their gradients.
  @Test(arguments: MixtureCase.allCases)
  func bfloat16Weights(_ kind: MixtureCase) throws {
    let exact = kind.trainedHead(dtype: .float32)
    let mixed = exact.matrices(in: .bfloat16)
    let context = Self.normal([40, 4], dtype: .float32)
    let y = Self.normal([40, 5], seed: 9, dtype: .float32)
    for input in [context, context.cast(to: .bfloat16)] {
      let prediction = mixed(input)
      let density = prediction.logDensity(of: y)
      #expect(density.dtype == .float32 && prediction.mean.dtype == .float32)
      let mean = density.mean().item()
      let reference = exact(context).logDensity(of: y).mean().item()
      #expect(abs(mean - reference) < 0.03 * abs(reference))
      var random = RandomSource(seed: 0)
      #expect(prediction.sample(2, using: &random).dtype == .float32)
    }
    func gradients(_ head: MixtureHead) -> Gradients {
      valueAndGradients(of: head) { $0(context).logDensity(of: y).mean() }.gradients
    }
    let (rough, fine) = (gradients(mixed), gradients(exact))
    for name in fine.names {
      let (a, b) = (try #require(rough[name]), try #require(fine[name]))
      #expect(a.dtype == .float32, "\(name)")
      expectClose(a, b, ofLargest: 0.1, "\(name)")
    }
  }

  @Test func optionsThatContradict() {
    #expect(MixtureOptions().problem == nil)
    let changes: [(inout MixtureOptions) -> Void] = [
      { $0.components = 0 }, { $0.rank = -1 },
      {
        $0.rank = 1
        $0.kind = .coordinate
      }, { $0.hiddenLayers = -1 }, { $0.hiddenDimensions = 0 }, { $0.minimumScale = 0 },
      { $0.entropyWeight = -1 }, { $0.initialSpread = 0 }, { $0.minimumScale = .nan },
    ]
    for change in changes {
      var options = MixtureOptions()
      change(&options)
      #expect(options.problem != nil)
    }
  }
}
