import Foundation
import Testing

/// The built executable, run as a user would run it.
enum Tool {
  struct Outcome {
    /// The exit status, or the signal's number negated.
    let status: Int32
    let output: String
    let errors: String

    /// The lines on standard error.
    var errorLines: [String] {
      errors.split(separator: "\n", omittingEmptySubsequences: false).map(String.init).dropLast()
    }
  }

  struct NotBuilt: Error, CustomStringConvertible {
    let description: String
  }

  /// `jepa`, which the package manager builds beside the test bundle.
  static func executable() throws -> URL {
    let running = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let starts = [running, CommandLine.arguments.first, Bundle.main.executablePath]
    for start in starts.compactMap(\.self) {
      var folder = URL(fileURLWithPath: start).deletingLastPathComponent()
      for _ in 0..<4 {
        let file = folder.appendingPathComponent("jepa")
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder),
          !isFolder.boolValue
        {
          return file
        }
        folder.deleteLastPathComponent()
      }
    }
    throw NotBuilt(description: "no executable jepa near \(starts.compactMap(\.self))")
  }

  /// Children inherit which signals are blocked, as all are on the threads that tests run on, and
  /// which are ignored.
  private static func withSignalsAtDefault<R>(_ body: () throws -> R) rethrows -> R {
    for number in [SIGXFSZ, SIGTERM, SIGINT, SIGUSR1, SIGHUP, SIGPIPE] { signal(number, SIG_DFL) }
    var (none, earlier) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &earlier)
    defer { pthread_sigmask(SIG_SETMASK, &earlier, nil) }
    return try body()
  }

  /// What a pipe has, waiting for it; nothing at its end. Unlike `availableData` it goes on after a signal, such as
  /// that an exit test has ended.
  private static func available(_ pipe: Pipe) throws -> Data {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(pipe.fileHandleForReading.fileDescriptor, &bytes, bytes.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw CocoaError(.fileReadUnknown) }
      return Data(bytes[..<count])
    }
  }

  /// Runs `jepa` in `folder` to its end.
  ///
  /// - Parameters:
  ///   - shell: commands for the shell that starts it, such as limits.
  ///   - signals: what `true` sends the process, a millisecond between them.
  ///   - onErrorLine: receives each line of standard error as it comes; `true` kills the process.
  static func run(
    _ arguments: [String], in folder: URL, shell: String? = nil, signals: [Int32] = [SIGKILL],
    onErrorLine: (String) -> Bool = { _ in false }
  ) throws -> Outcome {
    let process = Process()
    let executable = try executable()
    if let shell {
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = ["-c", shell + "; exec \"$0\" \"$@\"", executable.path] + arguments
    } else {
      process.executableURL = executable
      process.arguments = arguments
    }
    process.currentDirectoryURL = folder
    let (output, errors) = (Pipe(), Pipe())
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    try withSignalsAtDefault { try process.run() }
    var text = Data()
    var lineStart = 0
    while true {
      let part = try available(errors)
      if part.isEmpty { break }
      text += part
      while let end = text[lineStart...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: text[lineStart..<end], as: UTF8.self)
        lineStart = end + 1
        guard onErrorLine(line) else { continue }
        for (index, number) in signals.enumerated() {
          if index > 0 { usleep(1000) }
          kill(process.processIdentifier, number)
        }
      }
    }
    // Standard output is a few lines at most, which its pipe holds.
    var printed = Data()
    while case let part = try available(output), !part.isEmpty { printed += part }
    process.waitUntilExit()
    let status = process.terminationStatus
    return Outcome(
      status: process.terminationReason == .uncaughtSignal ? -status : status,
      output: String(decoding: printed, as: UTF8.self),
      errors: String(decoding: text, as: UTF8.self))
  }
}
