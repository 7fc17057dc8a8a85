import Foundation
import JEPATensor

/// Results of numbered steps, made by worker threads ahead of the consumer and handed over in
/// order. At most `window` of them are under way or waiting.
final class BatchQueue<Element: Sendable>: @unchecked Sendable {
  // All state below is read and written under the condition's lock.
  private let condition = NSCondition()
  private let end: Int
  private let window: Int
  private var nextToMake: Int
  private var nextToTake: Int
  private var ready: [Int: Element] = [:]
  private var workers = 0
  private var cancelled = false

  init(steps: Range<Int>, window: Int) {
    require(window > 0, "BatchQueue: window \(window) is not positive")
    end = steps.upperBound
    nextToMake = steps.lowerBound
    nextToTake = steps.lowerBound
    self.window = window
  }

  /// Starts threads that call `make` until the steps are used up or the queue is cancelled. `make`
  /// returns nil only when cancelled.
  ///
  /// - Returns: how many threads were created, and why no more where that is fewer than asked for.
  @discardableResult
  func start(
    workers count: Int, make: @escaping @Sendable (Int) -> Element?
  ) -> (created: Int, failure: WorkerThread.Failure?) {
    for number in 0..<count {
      condition.withLock { workers += 1 }
      do throws(WorkerThread.Failure) {
        try WorkerThread.start(name: "ImageLoader \(number)") {
          while let step = self.claim(), let element = make(step) { self.put(element, step: step) }
          self.condition.withLock {
            self.workers -= 1
            self.condition.broadcast()
          }
        }
      } catch {
        condition.withLock { workers -= 1 }
        return (number, error)
      }
    }
    return (count, nil)
  }

  private func claim() -> Int? {
    condition.withLock {
      while !cancelled && nextToMake < end && nextToMake >= nextToTake + window {
        condition.wait()
      }
      if cancelled || nextToMake >= end { return nil }
      nextToMake += 1
      return nextToMake - 1
    }
  }

  private func put(_ element: Element, step: Int) {
    condition.withLock {
      ready[step] = element
      condition.broadcast()
    }
  }

  /// The next step's result, waiting for it; nil after the last one or once cancelled.
  func take() -> Element? {
    condition.withLock {
      while !cancelled && nextToTake < end {
        if let element = ready.removeValue(forKey: nextToTake) {
          nextToTake += 1
          condition.broadcast()
          return element
        }
        condition.wait()
      }
      return nil
    }
  }

  var isCancelled: Bool { condition.withLock { cancelled } }

  /// Makes the workers stop and waits until the last one has.
  func cancel() {
    condition.withLock {
      cancelled = true
      ready = [:]
      condition.broadcast()
    }
    waitUntilIdle()
  }

  /// Waits until the last worker has ended, which needs a consumer that takes all, or `cancel`.
  func waitUntilIdle() {
    condition.withLock {
      while workers > 0 { condition.wait() }
    }
  }

  /// The number of threads that have not ended.
  var runningWorkers: Int { condition.withLock { workers } }
}
