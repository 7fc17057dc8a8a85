import Foundation

/// A thread of the system's that runs one function.
///
/// Foundation's `Thread.start` does not report that no thread could be made, and libdispatch waits until one can be,
/// which may be for ever.
package enum WorkerThread {
  /// The system made no thread, as where a limit on processes is reached.
  package struct Failure: Error {
    /// The system's code.
    package let code: Int32

    package var reason: String { String(cString: strerror(code)) }
  }

  private final class Start {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }

  /// Runs `body` in a thread of its own, which ends with it.
  ///
  /// - Parameter name: what debuggers and `top -H` call it; the first 15 bytes count.
  /// - Throws: ``Failure``; `body` is then not run.
  package static func start(
    name: String, _ body: @escaping @Sendable () -> Void
  ) throws(Failure) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let start = Unmanaged.passRetained(Start(name: name, body: body))
    #if canImport(Darwin)
      var thread: pthread_t?
      let code = pthread_create(&thread, &attributes, { WorkerThread.run($0) }, start.toOpaque())
    #else
      var thread = pthread_t()
      let code = pthread_create(&thread, &attributes, { WorkerThread.run($0) }, start.toOpaque())
    #endif
    if code != 0 {
      start.release()
      throw Failure(code: code)
    }
  }

  private static func run(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
    Thread.current.name = start.name
    start.body()
    return nil
  }
}
