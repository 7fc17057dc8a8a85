import Foundation
import JEPATensor
import JEPATestSupport
import Testing

/// Couplings against zuko's on the same parameters; see Resources/make_golden.py.
@Suite struct FlowGoldenTests {
  struct Golden: Decodable {
    struct Case: Decodable {
      let name: String
      let x, raw, y, inverse, logDeterminant: [Double]
      let upstream, upstreamLog, gradientX, gradientRaw: [Double]
    }

    let rows, width, mapped, bins: Int
    let logScaleBound, tailBound, slope: Double
    let cases: [Case]

    static func load() throws -> Golden {
      let url = try #require(
        Bundle.module.url(forResource: "golden", withExtension: "json", subdirectory: "Resources"))
      return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
    }

    func rows(_ values: [Double], dtype: DType) -> Tensor {
      let y = Tensor(values, shape: [rows, width], dtype: dtype)
      return .concatenated([y, .zeros([rows, 1], dtype: dtype)], axis: 1)
    }
  }

  @Test(arguments: [DType.float64, .float32], ["affine", "spline"])
  func couplingsAgreeWithZuko(_ dtype: DType, _ name: String) throws {
    let golden = try Golden.load()
    let expected = try #require(golden.cases.first { $0.name == name })
    let columns = (0..<golden.mapped).map(Int32.init)
    let x = golden.rows(expected.x, dtype: dtype)
    let raw = Tensor(
      expected.raw, shape: [golden.rows, expected.raw.count / golden.rows], dtype: dtype)
    func apply(_ x: Tensor, _ raw: Tensor, inverse: Bool = false) -> Tensor {
      name == "affine"
        ? x.affineCoupling(
          parameters: raw, columns: columns, bound: golden.logScaleBound, inverse: inverse)
        : x.splineCoupling(
          parameters: raw, columns: columns, bins: golden.bins, tailBound: golden.tailBound,
          slope: golden.slope, inverse: inverse)
    }
    let tolerance = dtype == .float64 ? 1e-12 : 2e-5
    func compare(_ actual: Tensor, _ values: [Double], _ what: String) {
      expectClose(
        actual.doubles(), values, absolute: tolerance, relative: tolerance, "\(name) \(what)")
    }
    let width = golden.width
    let y = apply(x, raw)
    compare(y.slice(axis: 1, 0..<width), expected.y, "values")
    compare(y.slice(axis: 1, width..<width + 1), expected.logDeterminant, "log |det|")
    let back = apply(x, raw, inverse: true)
    compare(back.slice(axis: 1, 0..<width), expected.inverse, "inverse")

    let upstream = Tensor.concatenated(
      [
        Tensor(expected.upstream, shape: [golden.rows, width], dtype: dtype),
        Tensor(expected.upstreamLog, shape: [golden.rows, 1], dtype: dtype),
      ], axis: 1)
    let gradients = valueAndGradients(at: [x, raw], upstream: upstream) {
      apply($0[0], $0[1])
    }.gradients
    let gradientX = try #require(gradients[0])
    compare(gradientX.slice(axis: 1, 0..<width), expected.gradientX, "gradient of x")
    compare(try #require(gradients[1]), expected.gradientRaw, "gradient of parameters")
  }
}
