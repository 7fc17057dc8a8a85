import Foundation
import Testing

/// That the benchmarks measure what they say they do; how fast it is, is no matter of tests.
@Suite struct BenchCommandTests {
  @Test func training() throws {
    struct Figures: Decodable {
      let losses: [Double]
      let seconds: [Double]
      let medianSeconds: Double
      let imagesPerSecond: Double
      let peakMemoryBytes: Int
    }
    let place = try Workplace()
    // What the tool's starter holds is not the tool's.
    let ballast = [UInt8](repeating: 1, count: 700 << 20)
    let outcome = try place.jepa(
      "bench", "training", "--batch", "4", "--size", "32", "--predictor-dim", "24",
      "--predictor-depth", "1", "--steps", "3", "--threads", "1", "--json", "figures.json",
      "--trace", "trace.json")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let figures = try place.decoded(Figures.self, "figures.json", keys: .convertFromSnakeCase)
    #expect(figures.losses.count == 3 && figures.losses.allSatisfy(\.isFinite))
    #expect(figures.seconds.count == 3 && figures.seconds.contains(figures.medianSeconds))
    #expect(abs(figures.imagesPerSecond * figures.medianSeconds / 4 - 1) < 1e-9)
    #expect(50 << 20..<ballast.count ~= figures.peakMemoryBytes)
    // The table of operators, and their events in Chrome's form.
    for name in ["product → 768 × 192", "GFLOP/s"] {
      #expect(outcome.output.contains(name), "\(name)")
    }
    let trace = try JSONSerialization.jsonObject(
      with: Data(contentsOf: place.file("trace.json")))
    let events = (trace as? [String: Any])?["traceEvents"] as? [[String: Any]] ?? []
    #expect(events.count > 20)
  }

  @Test func heads() throws {
    struct Figures: Decodable {
      let head: String
      let parameters: Int
      let sampleSeconds: Double
      let densitySeconds: Double?
      let densityIsEstimate: Bool
    }
    let place = try Workplace()
    let heads = ["point", "flow coupling=spline couplings=1", "diffusion sampling_steps=2"]
    let outcome = try Tool.run(
      ["bench", "heads", "--dimensions", "6", "--context", "4", "--rows", "8", "--seconds", "0"]
        + heads.flatMap { ["--head", $0] } + ["--json", "figures.json"], in: place.url)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let figures = try place.decoded([Figures].self, "figures.json", keys: .convertFromSnakeCase)
    #expect(figures.map(\.head) == heads)
    #expect(figures.map(\.densityIsEstimate) == [false, false, true])
    #expect(figures.allSatisfy { $0.parameters > 0 && $0.sampleSeconds > 0 })
    #expect(figures.allSatisfy { ($0.densitySeconds ?? 0) > 0 })
    #expect(outcome.output.split(separator: "\n").count == 3)
  }

  @Test func encoding() throws {
    struct Figures: Decodable {
      let images: Int
      let encodeSeconds: Double
      let knnSeconds: Double
      let meanMagnitude: Double
      let loaderImagesPerSecond: Double
    }
    let place = try Workplace()
    #expect(try place.train("run", ["optimization.epochs=1"]).status == 0)
    try place.extractEncoder(of: "run", to: "encoder.safetensors")
    try place.writeImageFolder("images", splits: ["train"], count: 30)
    let outcome = try place.jepa(
      "bench", "encode", "--encoder", "encoder.safetensors", "--images", "images/train",
      "--threads", "1", "--json", "figures.json")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let figures = try place.decoded(Figures.self, "figures.json", keys: .convertFromSnakeCase)
    #expect(figures.images == 60 && figures.meanMagnitude > 0)
    #expect(figures.encodeSeconds > 0 && figures.knnSeconds > 0)
    #expect(figures.loaderImagesPerSecond > 0)
  }

  @Test(arguments: [
    (["heads", "--rows", "0"], "--rows 0"),
    (["heads", "--head", "flow 3"], "give an option as key=value"),
    (["heads", "--head", "oracle"], "oracle"),
    (["encode", "--encoder", "none.safetensors", "--images", "none"], "none.safetensors"),
  ])
  func refusals(_ arguments: [String], _ reason: String) throws {
    let place = try Workplace()
    let outcome = try Tool.run(["bench"] + arguments, in: place.url)
    #expect(outcome.status != 0 && outcome.errors.contains(reason), "\(outcome.errors)")
    #expect(place.listing() == ["tiny.yaml"])
  }
}
