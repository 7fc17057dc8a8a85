import Foundation
import JEPADiffusion
import JEPATensor
import JEPATestSupport
import Testing

struct Goldens: Decodable {
  struct Schedule: Decodable {
    let kind: String
    let timesteps: Int
    let steps: [Int]
    let beta, bar, variance, clean, noisy: [Double]
  }
  let schedules: [Schedule]
  let parameterNames: [String]
  let network: [Double]

  static func read() throws -> Goldens {
    let url = try #require(
      Bundle.module.url(forResource: "goldens", withExtension: "json", subdirectory: "Resources"))
    return try JSONDecoder().decode(Goldens.self, from: Data(contentsOf: url))
  }
}

@Suite struct NoiseScheduleTests {
  @Test func agreesWithThePapers() throws {
    for golden in try Goldens.read().schedules {
      let kind = try #require(NoiseSchedule.Kind(rawValue: golden.kind))
      let schedule = NoiseSchedule(kind, timesteps: golden.timesteps)
      let label = "\(golden.kind), T = \(golden.timesteps)"
      let posteriors = golden.steps.map { schedule.posterior($0) }
      func expect(_ actual: [Double], _ expected: [Double], _ name: String) {
        expectClose(actual, expected, absolute: 1e-14, relative: 1e-10, "\(label): \(name)")
      }
      expect(golden.steps.map { schedule.betas[$0 - 1] }, golden.beta, "β")
      expect(golden.steps.map { schedule.cumulativeAlphas[$0] }, golden.bar, "ᾱ")
      expect(golden.steps.map { schedule[$0].signal }, golden.bar.map { $0.squareRoot() }, "√ᾱ")
      expect(
        golden.steps.map { schedule.signalToNoiseRatio($0) }, golden.bar.map { $0 / (1 - $0) },
        "signal to noise")
      expect(posteriors.map(\.variance), golden.variance, "posterior variance")
      expect(posteriors.map(\.clean), golden.clean, "posterior mean, clean")
      expect(posteriors.map(\.noisy), golden.noisy, "posterior mean, noisy")
    }
  }

  @Test(arguments: NoiseSchedule.Kind.allCases, [2, 50, 1000])
  func isContinuousAndIncreasing(_ kind: NoiseSchedule.Kind, _ timesteps: Int) {
    let schedule = NoiseSchedule(kind, timesteps: timesteps)
    #expect(schedule[0].noise == 0 && schedule[0].signal == 1)
    var previous = -1.0
    for step in 0...(20 * timesteps) {
      let level = schedule.level(at: Double(step) / 20)
      #expect(level.angle > previous && level.angle < Double.pi / 2)
      previous = level.angle
      if step % 20 == 0 { #expect(abs(level.angle - schedule[step / 20].angle) < 1e-15) }
      if level.time > 0 {
        let back = schedule.level(atAngle: level.angle)
        #expect(abs(back.time - level.time) < 1e-9 * Double(timesteps))
      }
    }
  }

  /// The first timestep's noise is the width by which estimated densities are blurred.
  @Test func firstNoise() {
    #expect(abs(NoiseSchedule(.linear, timesteps: 1000).blur - 0.0100) < 1e-5)
    #expect(abs(NoiseSchedule(.cosine, timesteps: 1000).blur - 0.00643) < 1e-5)
  }

  @Test(arguments: NoiseSchedule.Kind.allCases)
  func timestepsOfTrainingAreSpreadAsNamed(_ kind: NoiseSchedule.Kind) {
    let schedule = NoiseSchedule(kind, timesteps: 1000)
    let places = (0..<20_000).map { (Double($0) + 0.5) / 20_000 }
    func counts(_ steps: some Sequence<Int>) -> [Int] {
      steps.reduce(into: [Int](repeating: 0, count: 1000)) { $0[$1 - 1] += 1 }
    }
    let uniform = places.map { schedule.timestep(at: $0, .uniform) }
    #expect(counts(uniform) == [Int](repeating: 20, count: 1000))
    let likelihood = places.map { schedule.timestep(at: $0, .likelihood) }
    #expect(counts(likelihood[..<10_000]) == [Int](repeating: 10, count: 1000))
    let rest = likelihood[10_000...]
    for noise in [0.03, 0.1, 0.3, 0.9] {
      let share = Double(rest.count { schedule[$0].noise > noise }) / 10_000
      let expected = log(noise) / log(schedule[1].noise)
      #expect(abs(share - expected) < 0.03, "noise above \(noise): \(share) for \(expected)")
    }
    #expect(rest.contains(1))
  }

  @Test func quantitiesConvertIntoEachOther() {
    var random = RandomSource(seed: 1)
    let clean = Tensor.normal([2, 3, 4], dtype: .float64, using: &random)
    let epsilon = Tensor.normal([2, 3, 4], dtype: .float64, using: &random)
    let level = NoiseSchedule(.linear, timesteps: 1000)[400]
    let x = clean * level.signal + epsilon * level.noise
    let values: [DiffusionQuantity: Tensor] = [
      .x: clean, .epsilon: epsilon, .v: epsilon * level.signal - clean * level.noise,
    ]
    for (from, value) in values {
      for (to, expected) in values {
        expectClose(
          level.convert(value, from: from, to: to, at: x), expected, absolute: 1e-12,
          relative: 1e-12, "\(from) to \(to)")
      }
    }
  }
}
