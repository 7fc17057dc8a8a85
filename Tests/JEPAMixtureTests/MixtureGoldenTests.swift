import Foundation
import JEPAMixture
import JEPATensor
import JEPATestSupport
import Testing

/// Against torch.distributions: see Resources/make_gaussian_mixtures.py.
@Suite struct MixtureGoldenTests {
  private static let floor = 0.05

  private static func golden() throws -> SafetensorsFile {
    let url = try #require(
      Bundle.module.url(
        forResource: "gaussian_mixtures", withExtension: "safetensors", subdirectory: "Resources"))
    return try SafetensorsFile(url)
  }

  private static func names(_ kind: String) -> [String] {
    ["logits", "means", "log_scales"] + (kind == "low_rank" ? ["factors"] : [])
  }

  private static func prediction(_ inputs: [Tensor]) -> MixturePrediction {
    MixturePrediction(
      logits: inputs[0], means: inputs[1], logScales: inputs[2],
      factors: inputs.count > 3 ? inputs[3] : nil, minimumScale: floor)
  }

  @Test(arguments: ["diagonal", "low_rank", "coordinate"])
  func logDensityAndGradients(_ kind: String) throws {
    let file = try Self.golden()
    let y = try file.tensor(named: "y")
    let names = Self.names(kind)
    let inputs = try names.map { try file.tensor(named: "\(kind).\($0)") }
    let upstream = Tensor.range(y.shape[0], dtype: .float64) + 1
    let (density, gradients) = valueAndGradients(at: inputs, upstream: upstream) {
      Self.prediction($0).logDensity(of: y)
    }
    expectClose(
      density, try file.tensor(named: "\(kind).log_density"), absolute: 1e-11, relative: 1e-12)
    for (name, gradient) in zip(names, gradients) {
      let expected = try file.tensor(named: "\(kind).\(name).gradient")
      let actual = try #require(gradient)
      expectClose(actual, expected, absolute: 1e-10, relative: 1e-9, name)
    }
  }

  @Test(arguments: ["diagonal", "low_rank", "coordinate"])
  func meanAndVariance(_ kind: String) throws {
    let file = try Self.golden()
    let prediction = Self.prediction(
      try Self.names(kind).map { try file.tensor(named: "\(kind).\($0)") })
    expectClose(
      prediction.mean, try file.tensor(named: "\(kind).mean"), absolute: 1e-13, relative: 1e-12)
    expectClose(
      prediction.variance, try file.tensor(named: "\(kind).variance"), absolute: 1e-13,
      relative: 1e-12)
  }

  @Test(arguments: ["diagonal", "low_rank", "coordinate"])
  func float32(_ kind: String) throws {
    let file = try Self.golden()
    let y = try file.tensor(named: "y").cast(to: .float32)
    let inputs = try Self.names(kind).map {
      try file.tensor(named: "\(kind).\($0)").cast(to: .float32)
    }
    expectClose(
      Self.prediction(inputs).logDensity(of: y),
      try file.tensor(named: "\(kind).log_density"), absolute: 2e-5, relative: 2e-6)
  }
}
