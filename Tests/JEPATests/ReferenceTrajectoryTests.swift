import Foundation
import JEPA
import JEPAPoint
import Testing

/// Twelve training steps of the reference implementation, in float64, followed step by step.
///
/// Runs every folder under `$JEPA_SHARED/oracles` (or `../shared/oracles`) that holds a
/// `trajectory.json`, whatever its sizes; says so and passes where there is none.
@Suite struct ReferenceTrajectory {
  @Test func float64() throws {
    try follow(.float64, losses: 1e-9, weights: 1e-8)
  }

  @Test func float32() throws {
    try follow(.float32, losses: 2e-5, weights: 2e-5)
  }

  @Test func bfloat16() throws {
    try follow(.float32, products: .bfloat16, losses: 0.02, weights: nil)
  }

  @Test func float64ActivationsAndGradients() throws {
    try forEachOracle { oracle in
      let trainer = try oracle.trainer(dtype: .float64)
      let (images, masks) = try oracle.batch(0)
      let model = trainer.model
      let full = trainer.targetEncoder(images).tokens
      oracle.expect(full, "step0.target_full", within: 1e-8)
      let context = model.encode(images, masks: masks)
      oracle.expect(context.tokens, "step0.context", within: 1e-8)
      let prediction = model.predict(context, masks: masks)
      oracle.expect(prediction.location, "step0.prediction", within: 1e-8)
      let targets = model.targets(images, masks: masks, targetEncoder: trainer.targetEncoder)
      oracle.expect(targets, "step0.target", within: 1e-8)
      let gradients = trainer.lossAndGradients(images, masks: masks).gradients
      var compared = 0
      for name in gradients.names {
        let gradient = try #require(gradients[name], "\(oracle.name): no gradient for \(name)")
        oracle.expect(gradient, "step0.grad." + Oracle.referenceName(name), within: 1e-8)
        compared += 1
      }
      let expected = oracle.file.names.filter { $0.hasPrefix("step0.grad.") }.count
      #expect(compared == expected, "\(oracle.name): \(compared) gradients of \(expected)")
    }
  }

  /// The schedules of the configuration give the reference's values step by step.
  @Test func schedules() throws {
    try forEachOracle { oracle in
      let header = oracle.header
      var optimization = OptimizationConfiguration()
      optimization.epochs = header.epochs
      optimization.warmup = header.warmupEpochs
      optimization.ipeScale = header.ipeScale
      optimization.startLR = header.startLR
      optimization.lr = header.lr
      optimization.finalLR = header.finalLR
      optimization.weightDecay = header.weightDecay
      optimization.finalWeightDecay = header.finalWeightDecay
      optimization.ema = Endpoints(start: header.ema[0], end: header.ema[1])
      let schedule = TrainingSchedule(optimization, stepsPerEpoch: header.iterationsPerEpoch)
      for step in 0..<header.steps {
        #expect(abs(schedule.learningRate.value(at: step) - header.learningRates[step]) < 1e-15)
        #expect(abs(schedule.weightDecay.value(at: step) - header.weightDecays[step]) < 1e-13)
        #expect(abs(schedule.momentum.value(at: step) - header.momenta[step]) < 1e-13)
      }
    }
  }

  /// Takes the recorded steps; losses are compared relative to the reference's float64 ones, weights
  /// relative to each tensor's largest entry.
  private func follow(
    _ dtype: DType, products: DType? = nil, losses tolerance: Double, weights: Double?
  ) throws {
    try forEachOracle { oracle in
      var trainer = try oracle.trainer(dtype: dtype, computeType: products)
      for step in 0..<oracle.header.steps {
        let loss = try oracle.step(&trainer, step).loss
        let expected = oracle.header.losses64[step]
        #expect(
          abs(loss - expected) <= tolerance * abs(expected),
          "\(oracle.name) step \(step): loss \(loss), reference \(expected)")
      }
      if let weights { try oracle.checkFinalWeights(trainer, tolerance: weights) }
    }
  }

  private func forEachOracle(_ body: (Oracle) throws -> Void) throws {
    let folders = Oracle.folders()
    if folders.isEmpty {
      print("ReferenceTrajectory: skipped, no trajectory.json under \(Oracle.root.path)")
    }
    for folder in folders {
      print("ReferenceTrajectory: \(folder.lastPathComponent)")
      try body(Oracle(folder))
    }
  }
}
