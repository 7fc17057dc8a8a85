import Foundation

/// The threads that help with parallel loops. They are made when they are first wanted, and wait between loops.
///
/// Whoever calls ``run(width:_:)`` takes part itself, and nothing waits for a thread that has not begun. So a loop
/// comes to its end with as many threads as the system gives, with none beside the caller too.
final class WorkerPool: @unchecked Sendable {
  static let shared = WorkerPool()

  private final class Job {
    /// Nil once the loop has come to its end: it must not be kept beyond that.
    var body: (@Sendable () -> Void)?
    /// Threads that may still join.
    var openings: Int
    /// Threads that have joined and not returned.
    var running = 0

    init(openings: Int, body: @escaping @Sendable () -> Void) {
      self.openings = openings
      self.body = body
    }

    /// Not inlined, so that no copy of the body is left when it returns.
    @inline(never)
    func execute() { body?() }
  }

  /// Seconds from a thread that could not be made to the next attempt.
  private static let pause = 10.0

  // All state below is read and written under the mutex.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let wanted = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let returned = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var jobs: [Job] = []
  private var threads = 0
  private var idle = 0
  private var nextAttempt = -Double.infinity
  private var hasReported = false

  private init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(wanted, nil)
    pthread_cond_init(returned, nil)
  }

  /// Runs `body` on the calling thread and on up to `width − 1` others at the same time; returns when all have
  /// returned from it.
  func run(width: Int, _ body: @Sendable () -> Void) {
    withoutActuallyEscaping(body) { body in
      let job = Job(openings: width - 1, body: body)
      pthread_mutex_lock(mutex)
      jobs.append(job)
      // Never more than the widest loop wants: loops within loops share what is idle.
      while idle < job.openings, threads < width - 1, startThread() {}
      for _ in 0..<min(idle, job.openings) { pthread_cond_signal(wanted) }
      pthread_mutex_unlock(mutex)
      job.execute()
      pthread_mutex_lock(mutex)
      jobs.removeAll { $0 === job }
      while job.running > 0 { pthread_cond_wait(returned, mutex) }
      job.body = nil
      pthread_mutex_unlock(mutex)
    }
  }

  /// Makes one more thread, counted as idle; false where the system has none now.
  private func startThread() -> Bool {
    let now = ProcessInfo.processInfo.systemUptime
    guard now >= nextAttempt else { return false }
    do {
      try WorkerThread.start(name: "parallelMap") { [self] in serve() }
    } catch {
      nextAttempt = now + Self.pause
      if !hasReported {
        hasReported = true
        StandardErrorLog.write(
          "a thread cannot be created (\(error.reason)); work goes on with \(threads + 1) until one can"
        )
      }
      return false
    }
    threads += 1
    idle += 1
    return true
  }

  private func serve() {
    pthread_mutex_lock(mutex)
    while true {
      // The newest: a loop within another holds that one up.
      guard let job = jobs.last(where: { $0.openings > 0 }) else {
        pthread_cond_wait(wanted, mutex)
        continue
      }
      job.openings -= 1
      job.running += 1
      idle -= 1
      pthread_mutex_unlock(mutex)
      job.execute()
      pthread_mutex_lock(mutex)
      idle += 1
      job.running -= 1
      if job.running == 0 { pthread_cond_broadcast(returned) }
    }
  }
}
