import Foundation
import JEPAAutoregressive
import JEPATensor
import JEPATestSupport
import Testing

/// Against torch, with the same parameters; see Resources/make_golden.py.
@Suite struct GoldenTests {
  struct Golden: Decodable {
    struct Case: Decodable {
      let component, activation: String
      let orderings: Int
      let shift, residual: Bool
      let parameters, gradients: [String: [Double]]
      let context, y, weights, logDensity, contextGradient: [Double]
    }
    let order: [Int]
    let cases: [Case]
  }

  private static func golden() throws -> Golden {
    let file = try #require(
      Bundle.module.url(forResource: "golden", withExtension: "json", subdirectory: "Resources"))
    return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
  }

  private static func head(_ golden: Golden.Case) throws -> AutoregressiveHead {
    var options = AutoregressiveOptions()
    options.hiddenDimensions = 7
    options.components = 2
    options.component = try #require(MixtureComponent(rawValue: golden.component))
    options.activation = try #require(Activation(rawValue: golden.activation))
    options.orderings = golden.orderings
    options.orderSeed = 5
    options.linearShift = golden.shift
    options.residual = golden.residual
    options.inputBound = 2
    options.minimumScale = 0.01
    var random = RandomSource(seed: 1)
    var head = AutoregressiveHead(
      contextDimensions: 3, targetDimensions: 4, options: options, dtype: .float64, using: &random)
    let shapes = Dictionary(
      uniqueKeysWithValues: head.namedParameters().map { ($0.name, $0.tensor.shape) })
    #expect(Set(shapes.keys) == Set(golden.parameters.keys))
    let values = golden.parameters.map { name, values in
      (name, Tensor(values, shape: shapes[name] ?? []))
    }
    try head.load(Dictionary(uniqueKeysWithValues: values), from: "golden.json")
    return head
  }

  @Test func densitiesAndGradients() throws {
    let golden = try Self.golden()
    for test in golden.cases {
      let head = try Self.head(test)
      if test.orderings == 2 { #expect(head.orders[1] == golden.order) }
      let (context, y) = (Tensor(test.context, shape: [3, 3]), Tensor(test.y, shape: [3, 4]))
      let weights = Tensor(test.weights, shape: [3])
      expectClose(
        head(context).logDensity(of: y).doubles(), test.logDensity, absolute: 1e-12,
        relative: 1e-12, test.component)
      let gradients = valueAndGradients(of: head) {
        ($0(context).logDensity(of: y) * weights).sum()
      }.gradients
      for (name, expected) in test.gradients {
        let actual = try #require(gradients[name], "\(name)")
        expectClose(
          actual.doubles(), expected, absolute: 1e-10, relative: 1e-10,
          "\(test.component): gradient of \(name)")
      }
      let slope = try #require(
        valueAndGradients(at: [context], upstream: weights) { head($0[0]).logDensity(of: y) }
          .gradients[0])
      expectClose(
        slope.doubles(), test.contextGradient, absolute: 1e-10, relative: 1e-10,
        "\(test.component): gradient of the context")
    }
  }
}
