import JEPAHeads
import JEPATensor
import JEPATestSupport
import Testing

@Suite struct HeadListTests {
  private struct Width: HeadOperation {
    func run<Head: DensityPredictor>(
      makeHead: @escaping (Int, Int, inout RandomSource) throws -> Head
    ) throws -> Int {
      var random = RandomSource(seed: 1)
      return try makeHead(4, 6, &random).parameterCount
    }
  }

  @Test func headsAreFoundByName() throws {
    let heads = HeadList.standard
    #expect(heads.names == ["point", "mixture", "autoregressive", "flow", "diffusion"])
    for name in heads.names {
      #expect(try heads.run(Width(), head: HeadConfiguration(name: name)) > 0)
      #expect(try heads.run(Width(), head: HeadConfiguration(name: name), isForTable: true) > 0)
    }
    #expect(throws: ConfigurationError.self) { try heads.check(HeadConfiguration(name: "laplace")) }
  }

  @Test func resolvedHeadsSayEverythingAndMeanTheSame() throws {
    let heads = HeadList.standard
    for name in heads.names {
      let asked = HeadConfiguration(name: name)
      let resolved = try heads.resolved(asked)
      #expect(resolved.options.count > 1, "\(name)")
      #expect(try heads.areSame(asked, resolved), "\(name)")
      #expect(try heads.resolved(resolved) == resolved, "\(name)")
    }
    var mixture = HeadConfiguration(name: "mixture")
    mixture.options["components"] = .integer(3)
    #expect(try heads.resolved(mixture).options["components"] == .integer(3))
  }

  /// What every head says of itself: options with meanings, and defaults that their own fields can write and read.
  @Test func optionsReadBackAsTheyAreWritten() throws {
    func check<Head: ConfigurableHead>(_ type: Head.Type) throws {
      #expect(!Head.summary.isEmpty)
      let keys = Head.Options.fields.map(\.key)
      #expect(Set(keys).count == keys.count && !keys.contains("name"))
      #expect(Head.inferenceOptions.isSubset(of: keys), "\(Head.name)")
      for start in [Head.Options(), Head.tableOptions] {
        var options = start
        try options.resolve()
        var head = HeadConfiguration(name: Head.name)
        for field in Head.Options.fields {
          #expect(!field.documentation.isEmpty && field.violation(options) == nil, "\(field.key)")
          let value = field.write(options)
          if value != .null { head.options[field.key] = value }
        }
        #expect(try Head.Options(reading: head) == options, "\(Head.name)")
      }
    }
    for type in HeadList.standard.types { try check(type) }
  }

  @Test func readingOptionsDoNotMakeAnotherModel() throws {
    let plain = HeadConfiguration(name: "flow")
    let drawn = HeadConfiguration(name: "flow", options: ["mean_draws": .integer(8)])
    let longer = HeadConfiguration(name: "flow", options: ["couplings": .integer(2)])
    let heads = HeadList.standard
    #expect(try !heads.areSame(plain, drawn) && heads.areSame(plain, drawn, asTrained: true))
    #expect(try !heads.areSame(plain, longer, asTrained: true))
    let written = HeadConfiguration(name: "flow", options: ["couplings": .integer(8)])
    #expect(try heads.areSame(plain, written))
  }

  /// A head from outside.
  private struct Bias: ConfigurableHead {
    struct Options: HeadOptions {
      var start = 0.0
      static let fields: [ConfigurationField<Self>] = [
        .init("start", \.start, .within(-1...1), "where the bias begins")
      ]
    }
    static let name = "bias"
    static let summary = "One place for all."
    var bias: Tensor

    init(
      contextDimensions: Int, targetDimensions: Int, options: Options, dtype: DType,
      using random: inout RandomSource
    ) { bias = .full([targetDimensions], options.start, dtype: dtype) }

    mutating func walk<V: ModuleVisitor>(_ visitor: inout V) { visitor.parameter("bias", &bias) }

    func callAsFunction(_ context: Tensor) -> Prediction { Prediction(bias: bias) }

    struct Prediction: ExactDensity {
      let bias: Tensor
      func logDensity(of y: Tensor) -> Tensor { (y - bias).square().sum(axis: 1) * -0.5 }
      func loss(of y: Tensor, using random: inout RandomRows) -> Tensor { -logDensity(of: y) }
      func sample(_ count: Int, using random: inout RandomSource) -> Tensor { bias }
      func mean(using random: inout RandomSource) -> Tensor { bias }
    }
  }

  @Test func headsFromOutsideStandBesideTheOthers() throws {
    let heads = HeadList.standard + [Bias.self]
    #expect(heads.names.last == "bias")
    #expect(try heads.run(Width(), head: HeadConfiguration(name: "bias")) == 6)
    let wrong = HeadConfiguration(name: "bias", options: ["start": .integer(2)])
    let error = #expect(throws: ConfigurationError.self) { try heads.check(wrong) }
    #expect(error?.message == "head.start is 2; it must lie between -1.0 and 1.0")
    #expect(heads.documentation.contains("## `bias`\n\nOne place for all.\n"))
    #expect(heads.documentation.contains("| `start` |"))
  }

  @Test func likelihoodsSayOfWhatKindTheyAre() throws {
    var random = RandomSource(seed: 2)
    let y = Tensor.normal([3, 6], using: &random)
    let exact = Bias.Prediction(bias: .zeros([6]))
    let found = try #require(exact.likelihood(of: y, using: &random))
    #expect(found.kind == .exact && Bias.Prediction.likelihoodKind == .exact)
    expectSameBits(found.logDensity, exact.logDensity(of: y))
    let diffusion = DiffusionHead(
      contextDimensions: 4, targetDimensions: 6, options: DiffusionHead.tableOptions, using: &random
    )
    let estimate = try #require(
      diffusion(.zeros([3, 4])).likelihood(of: y, using: &random))
    #expect(estimate.kind == .estimate && estimate.traceProbes == 4)
  }

  @Test func twoHeadsOfOneNameAreAMistake() async {
    await #expect(processExitsWith: .failure) { _ = HeadList.standard + [PointHead.self] }
  }
}
