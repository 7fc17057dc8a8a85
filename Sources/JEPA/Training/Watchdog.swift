import Foundation

/// Looks after a run by its ``WatchdogConfiguration``. Its memory is part of the run's state: it goes into
/// checkpoints, so that a resumed run decides as the undisturbed one does.
struct Watchdog: Sendable {
  /// What is remembered from step to step.
  struct Memory: Codable, Equatable, Sendable {
    /// The losses of the last steps that were taken, newest last, at most `spikeWindow`.
    var losses: [Double] = []
    /// Steps skipped and returns to a checkpoint so far.
    var interventions = 0
    /// The last step after which a collapsed rank was acted upon.
    var rankStep: Int?
  }

  let settings: WatchdogConfiguration
  private(set) var memory = Memory()

  init(_ settings: WatchdogConfiguration) { self.settings = settings }

  /// Whether anything is done but to stop where a value is not finite, which the step does by itself.
  var isActive: Bool {
    settings.notFinite != .stop || settings.lossSpike != .none || settings.rankCollapse != .none
  }

  /// What a checkpoint keeps of it; nil where there is nothing to keep.
  var saved: String? {
    guard isActive, let data = try? JSONEncoder().encode(memory) else { return nil }
    return String(decoding: data, as: UTF8.self)
  }

  /// Takes up what a checkpoint kept. What it does not understand is a run's that was not watched.
  mutating func restore(_ saved: String?) {
    let data = Data((saved ?? "").utf8)
    memory = (try? JSONDecoder().decode(Memory.self, from: data)) ?? Memory()
  }

  /// Why `loss` is a spike; nil where it is none, or too few losses are known to tell.
  ///
  /// With m the median of the last losses and s = 1.4826 · median |lossᵢ − m|, which is the deviation of a
  /// Gaussian, a spike is a loss above m + `spikeDeviations` · s. At least 8 losses must be known.
  func spike(_ loss: Double) -> String? {
    guard settings.lossSpike != .none, memory.losses.count >= 8 else { return nil }
    let median = Self.median(memory.losses)
    // The floor is rounding's: equal losses have no deviation.
    let deviation = max(
      1.4826 * Self.median(memory.losses.map { abs($0 - median) }), abs(median) * 1e-6, 1e-12)
    let distance = (loss - median) / deviation
    guard distance > settings.spikeDeviations else { return nil }
    return String(
      format: "loss %.6g is %.1f deviations above the median %.6g of the last %d steps", loss,
      distance, median, memory.losses.count)
  }

  /// Why `rank` after `step` steps is a collapse that has not been acted upon; nil where it is none.
  func collapse(_ rank: Double, step: Int) -> String? {
    guard settings.rankCollapse != .none, rank < settings.rankFloor, memory.rankStep != step else {
      return nil
    }
    return String(
      format: "the features' effective rank %.3f is below watchdog.rank_floor %.3f", rank,
      settings.rankFloor)
  }

  /// Remembers the loss of a step that was taken.
  mutating func accept(_ loss: Double) {
    memory.losses.append(loss)
    memory.losses.removeFirst(max(0, memory.losses.count - settings.spikeWindow))
  }

  /// Counts an intervention.
  /// - Throws: ``TrainingError/interventionLimit(step:limit:cause:)`` where that is one too many.
  mutating func intervene(step: Int, cause: String) throws {
    guard memory.interventions < settings.limit else {
      throw TrainingError.interventionLimit(step: step, limit: settings.limit, cause: cause)
    }
    memory.interventions += 1
  }

  /// Remembers that a collapsed rank was acted upon.
  mutating func noteCollapse(step: Int) { memory.rankStep = step }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
