import Foundation
import JEPA
import Testing

@Suite struct SchedulesTests {
  @Test func warmupByHand() {
    let schedule = WarmupCosineSchedule(
      start: 1, peak: 5, final: 1, warmupSteps: 4, totalSteps: 12)
    // The first step is already one step up; the peak is reached at the fourth.
    let expected: [Double] = [2, 3, 4, 5]
    for (step, value) in expected.enumerated() {
      #expect(abs(schedule.value(at: step) - value) < 1e-15)
    }
    // Halfway through the eight steps of the cosine.
    #expect(abs(schedule.value(at: 7) - 3) < 1e-15)
    #expect(abs(schedule.value(at: 5) - (3 + 2.0.squareRoot())) < 1e-14)
    #expect(schedule.value(at: 11) == 1)
  }

  @Test func cosineByHand() {
    let schedule = CosineSchedule(start: 0.04, final: 0.4, totalSteps: 4)
    for (step, part) in [0.5 * (1 - 0.5.squareRoot()), 0.5, 0.5 * (1 + 0.5.squareRoot()), 1]
      .enumerated()
    {
      #expect(abs(schedule.value(at: step) - (0.04 + 0.36 * part)) < 1e-15)
    }
  }

  @Test func lineByHand() {
    let schedule = LinearSchedule(start: 0.996, final: 1, totalSteps: 8)
    #expect(schedule.value(at: 0) == 0.996)
    #expect(abs(schedule.value(at: 4) - 0.998) < 1e-15)
    #expect(schedule.value(at: 8) == 1)
    #expect(schedule.value(at: 1000) == 1)
  }

  @Test func monotonicity() {
    let rate = WarmupCosineSchedule(
      start: 2e-4, peak: 1e-3, final: 1e-6, warmupSteps: 30, totalSteps: 200)
    let decay = CosineSchedule(start: 0.04, final: 0.4, totalSteps: 200)
    let falling = CosineSchedule(start: 0.4, final: 0.04, totalSteps: 200)
    let momentum = LinearSchedule(start: 0.99, final: 1, totalSteps: 250)
    for step in 1..<300 {
      let change = rate.value(at: step) - rate.value(at: step - 1)
      #expect(step < 30 ? change > 0 : change <= 0, "learning rate at step \(step)")
      #expect(decay.value(at: step) >= decay.value(at: step - 1))
      #expect(falling.value(at: step) <= falling.value(at: step - 1))
      #expect(momentum.value(at: step) >= momentum.value(at: step - 1))
      #expect((1e-6...1e-3).contains(rate.value(at: step)))
      #expect((0.04...0.4).contains(decay.value(at: step)))
    }
  }

  /// A schedule shorter than the training holds its final value; it does not rise again.
  @Test func finalValuesHold() {
    let rate = WarmupCosineSchedule(
      start: 0, peak: 1, final: 0.1, warmupSteps: 2, totalSteps: 10)
    let decay = CosineSchedule(start: 0.04, final: 0.4, totalSteps: 10)
    for step in 9..<40 {
      #expect(rate.value(at: step) == 0.1)
      #expect(decay.value(at: step) == 0.4)
    }
  }

  @Test func noWarmup() {
    let schedule = WarmupCosineSchedule(
      start: 0, peak: 1, final: 0, warmupSteps: 0, totalSteps: 2)
    #expect(abs(schedule.value(at: 0) - 0.5) < 1e-15)
    #expect(schedule.value(at: 1) == 0)
  }

  @Test func allWarmup() {
    let schedule = WarmupCosineSchedule(
      start: 0, peak: 1, final: 0.2, warmupSteps: 4, totalSteps: 4)
    #expect((0..<4).map { schedule.value(at: $0) } == [0.25, 0.5, 0.75, 1])
  }

  @Test func zeroLength() {
    let rate = WarmupCosineSchedule(
      start: 0, peak: 1, final: 0.5, warmupSteps: 0, totalSteps: 0)
    #expect(rate.value(at: 0) == 0.5)
    #expect(CosineSchedule(start: 1, final: 2, totalSteps: 0).value(at: 0) == 2)
    #expect(LinearSchedule(start: 1, final: 2, totalSteps: 0).value(at: 0) == 2)
  }

  /// `ipe_scale` stretches all three beyond the last step.
  @Test func ofAConfiguration() throws {
    var optimization = OptimizationConfiguration()
    optimization.epochs = 10
    optimization.warmup = 2.5
    optimization.ipeScale = 1.25
    let schedule = TrainingSchedule(optimization, stepsPerEpoch: 7)
    let learningRate = try #require(schedule.learningRate as? WarmupCosineSchedule)
    #expect(learningRate.warmupSteps == 17)
    #expect(learningRate.totalSteps == 87)
    let weightDecay = try #require(schedule.weightDecay as? CosineSchedule)
    let momentum = try #require(schedule.momentum as? LinearSchedule)
    #expect(weightDecay.totalSteps == 87)
    #expect(momentum.totalSteps == 87.5)
    #expect(learningRate.peak == optimization.lr)
    #expect(learningRate.start == optimization.startLR)
    #expect(learningRate.final == optimization.finalLR)
    #expect(weightDecay.start == optimization.weightDecay)
    #expect(weightDecay.final == optimization.finalWeightDecay)
    #expect(momentum.start == 0.996 && momentum.final == 1)
  }
}
