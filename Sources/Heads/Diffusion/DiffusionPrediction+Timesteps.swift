import Foundation
import JEPATensor

// The timesteps of training.

extension DiffusionPrediction {
  /// The levels that occur, and for each of the N · K noised targets which one it has.
  func drawLevels(_ random: inout RandomRows) -> (levels: [NoiseLevel], index: [Int32]) {
    let (last, copies) = (schedule.timesteps, options.timestepsPerRow)
    let offset = random.shared.uniform() - 0.5
    var positions = [Int32](repeating: -1, count: last)
    var levels: [NoiseLevel] = []
    var index: [Int32] = []
    index.reserveCapacity(random.count * copies)
    for first in random.uniform() {
      for copy in 0..<copies {
        let place = (first + Double(copy)) / Double(copies)
        let t = schedule.timestep(at: place, options.timestepDistribution) - 1
        if positions[t] < 0 {
          positions[t] = Int32(levels.count)
          let time = min(max(Double(t + 1) + offset, 1), Double(last))
          levels.append(schedule.level(at: time))
        }
        index.append(positions[t])
      }
    }
    return (levels, index)
  }
}

extension NoiseSchedule {
  /// The timestep, 1 … T, at `place` in [0, 1) of a distribution.
  package func timestep(at place: Double, _ distribution: DiffusionOptions.TimestepDistribution)
    -> Int
  {
    func even(_ place: Double) -> Int { min(Int(place * Double(timesteps)), timesteps - 1) + 1 }
    switch distribution {
    case .uniform: return even(place)
    case .likelihood:
      if place < 0.5 { return even(2 * place) }
      let lowest = angles[1]
      let noise = exp((2 - 2 * place) * log(sin(lowest)))
      return nearest(toAngle: asin(min(noise, 1)))
    }
  }

  private func nearest(toAngle angle: Double) -> Int {
    var (low, high) = (1, timesteps)
    while high - low > 1 {
      let middle = (low + high) / 2
      if angles[middle] <= angle { low = middle } else { high = middle }
    }
    return angle - angles[low] < angles[high] - angle ? low : high
  }
}
