import Foundation
import JEPATensor
import JEPATestSupport
import Testing

@Suite(.serialized) struct ProfilerTests {
  private static func operators() -> (
    forward: [Profile.Operator], backward: [Profile.Operator], Profile
  ) {
    var random = RandomSource(seed: 1)
    let x = Tensor.normal([12, 8], using: &random)
    let layer = Linear(inputDimensions: 8, outputDimensions: 5, using: &random)
    let (_, profile) = Profiler.record {
      Profiler.stage("both") {
        valueAndGradients(of: layer) { $0(x).gelu().sum() }
      }
    }
    // Other suites run beside this one: only what has these sizes is ours.
    let products = profile.operators.filter { $0.detail == "8 → 5" || $0.detail == "→ 5 × 8" }
    return (products.filter { !$0.isBackward }, products.filter(\.isBackward), profile)
  }

  @Test func countsOperationsOfProducts() {
    let (forward, backward, profile) = Self.operators()
    #expect(forward.map(\.flops) == [2 * 12 * 8 * 5])
    #expect(backward.map(\.flops) == [2 * 12 * 8 * 5])
    #expect(forward.map(\.bytes) == [4 * (12 * 8 + 8 * 5 + 12 * 5)])
    #expect(forward.allSatisfy { $0.calls == 1 && $0.seconds > 0 })
    #expect(profile.seconds >= forward[0].seconds)
    #expect(profile.operators.contains { $0.name == "GELU" && $0.isBackward })
  }

  @Test func stagesAreInTheTraceButNotAmongOperators() throws {
    let (_, _, profile) = Self.operators()
    #expect(!profile.operators.contains { $0.name == "both" })
    let trace =
      try JSONSerialization.jsonObject(with: profile.chromeTrace()) as? [String: [[String: Any]]]
    let events = try #require(trace?["traceEvents"])
    #expect(events.count == profile.events.count)
    let stage = try #require(events.first { $0["name"] as? String == "both" })
    let product = try #require(events.first { $0["name"] as? String == "product 8 → 5" })
    let (start, end) = (stage["ts"] as? Double ?? 0, stage["dur"] as? Double ?? 0)
    let inner = product["ts"] as? Double ?? 0
    #expect(stage["ph"] as? String == "X" && start >= 0)
    #expect(inner >= start && inner <= start + end)
  }

  /// An operator from outside has an event of its own, whose time is not that of the operators it calls.
  @Test func timeOfCalledOperatorsCountsOnce() throws {
    let x = Tensor.ones([300, 300])
    let (_, profile) = Profiler.record {
      valueAndGradients(at: [x]) { inputs in
        Tensor.apply("from outside", to: inputs, flops: 7) { x in
          let y = matmul(x[0], x[0])
          return OperatorResult(y) { upstream in [matmul(upstream, y)] }
        }
      }
    }
    let own = profile.operators.filter { $0.name == "from outside" }
    #expect(own.map(\.isBackward).sorted { !$0 && $1 } == [false, true])
    #expect(own.first { !$0.isBackward }?.flops == 7)
    for event in profile.events where event.name == "from outside" {
      let products = profile.events.filter {
        $0.name == "product" && $0.start >= event.start && $0.end <= event.end
      }
      #expect(!products.isEmpty)
      #expect(event.called > 0 && event.called <= event.end - event.start)
    }
  }

  @Test func nothingIsKeptWhileItIsOff() {
    var random = RandomSource(seed: 2)
    let layer = Linear(inputDimensions: 7, outputDimensions: 3, using: &random)
    _ = layer(Tensor.normal([4, 7], using: &random))
    let (_, profile) = Profiler.record {}
    #expect(!profile.operators.contains { $0.detail == "7 → 3" })
  }
}
