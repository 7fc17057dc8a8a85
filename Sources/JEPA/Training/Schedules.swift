import Foundation

/// A quantity that changes over a training's steps.
public protocol Schedule: Sendable {
  /// The value for the step numbered from 0.
  func value(at step: Int) -> Double
}

/// Linear warm-up, then a cosine from `peak` to `final`, which holds from `totalSteps` on.
public struct WarmupCosineSchedule: Schedule {
  public var start: Double
  public var peak: Double
  public var final: Double
  public var warmupSteps: Int
  /// Steps of the whole schedule, warm-up included.
  public var totalSteps: Int

  public init(start: Double, peak: Double, final: Double, warmupSteps: Int, totalSteps: Int) {
    self.start = start
    self.peak = peak
    self.final = final
    self.warmupSteps = warmupSteps
    self.totalSteps = totalSteps
  }

  /// The value for the step numbered from 0. (The reference counts before it reads, so its first step
  /// is already one step up.)
  public func value(at step: Int) -> Double {
    let count = Double(step + 1)
    if count < Double(warmupSteps) {
      return start + count / Double(max(1, warmupSteps)) * (peak - start)
    }
    let progress = (count - Double(warmupSteps)) / Double(max(1, totalSteps - warmupSteps))
    return max(final, final + (peak - final) * 0.5 * (1 + cos(.pi * min(1, progress))))
  }
}

/// A cosine from `start` to `final`, which holds from `totalSteps` on.
public struct CosineSchedule: Schedule {
  public var start: Double
  public var final: Double
  public var totalSteps: Int

  public init(start: Double, final: Double, totalSteps: Int) {
    self.start = start
    self.final = final
    self.totalSteps = totalSteps
  }

  /// The value for the step numbered from 0.
  public func value(at step: Int) -> Double {
    let progress = min(1, Double(step + 1) / Double(max(1, totalSteps)))
    let value = final + (start - final) * 0.5 * (1 + cos(.pi * progress))
    return final <= start ? max(final, value) : min(final, value)
  }
}

/// A straight line from `start` to `final` over `totalSteps` steps, and `final` after them.
public struct LinearSchedule: Schedule {
  public var start: Double
  public var final: Double
  public var totalSteps: Double

  public init(start: Double, final: Double, totalSteps: Double) {
    self.start = start
    self.final = final
    self.totalSteps = totalSteps
  }

  /// The value for the step numbered from 0.
  public func value(at step: Int) -> Double {
    if Double(step) >= totalSteps { return final }
    return start + Double(step) * (final - start) / totalSteps
  }
}

/// The three schedules of a training run.
public struct TrainingSchedule: Sendable {
  public var learningRate: any Schedule
  public var weightDecay: any Schedule
  public var momentum: any Schedule

  public init(
    learningRate: any Schedule, weightDecay: any Schedule, momentum: any Schedule
  ) {
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.momentum = momentum
  }

  /// The reference's schedules for `stepsPerEpoch` steps an epoch.
  public init(_ optimization: OptimizationConfiguration, stepsPerEpoch: Int) {
    let steps = optimization.ipeScale * Double(optimization.epochs * stepsPerEpoch)
    learningRate = WarmupCosineSchedule(
      start: optimization.startLR, peak: optimization.lr, final: optimization.finalLR,
      warmupSteps: Int(optimization.warmup * Double(stepsPerEpoch)), totalSteps: Int(steps))
    weightDecay = CosineSchedule(
      start: optimization.weightDecay, final: optimization.finalWeightDecay,
      totalSteps: Int(steps))
    momentum = LinearSchedule(
      start: optimization.ema.start, final: optimization.ema.end, totalSteps: steps)
  }
}
