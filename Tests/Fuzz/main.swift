// Feeds mutated inputs to every reader of what comes from outside, and says which input broke one.
//
//   jepa-fuzz [--inputs N] [--seed S] [--first I] [READER …]
//
// The process ends with status 1, and a line that names reader, seed and input, at a crash, at an input that
// takes more than ten seconds, and where more than one GiB of memory is asked for beyond what the program
// began with. `--first I --inputs 1` reads that input again.

import Foundation
import FuzzSupport
import Synchronization

/// What a signal's handler has to tell; written before each input.
enum Progress {
  static let input = Atomic<Int>(0)
  nonisolated(unsafe) static var prefix: UnsafeMutablePointer<CChar>?
  static let isSet = Atomic<Bool>(false)

  /// Async-signal-safe: digits by hand, one write.
  static func report(_ signal: Int32) {
    var buffer: (UInt64, UInt64, UInt64) = (0, 0, 0)
    withUnsafeMutableBytes(of: &buffer) { bytes in
      if let prefix { _ = write(STDERR_FILENO, prefix, strlen(prefix)) }
      var value = input.load(ordering: .relaxed)
      var place = bytes.count - 1
      bytes[place] = UInt8(ascii: "\n")
      repeat {
        place -= 1
        bytes[place] = UInt8(48 + value % 10)
        value /= 10
      } while value > 0
      _ = write(STDERR_FILENO, bytes.baseAddress! + place, bytes.count - place)
    }
    _exit(1)
  }
}

/// Not by `print`, whose lines wait in a buffer where the output is no terminal.
func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

struct Usage: Error { let text: String }

func number(_ arguments: inout [String], _ option: String, _ fallback: Int) throws -> Int {
  guard let index = arguments.firstIndex(of: option) else { return fallback }
  guard index + 1 < arguments.count, let value = Int(arguments[index + 1]), value >= 0 else {
    throw Usage(text: "\(option) needs a number")
  }
  arguments.removeSubrange(index...index + 1)
  return value
}

/// The process's address space, in bytes.
func addressSpace() -> UInt {
  let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
  return (text.split(separator: " ").first.flatMap { UInt($0) } ?? 0)
    * UInt(sysconf(Int32(_SC_PAGESIZE)))
}

func fuzz() throws {
  var arguments = Array(CommandLine.arguments.dropFirst())
  let inputs = try number(&arguments, "--inputs", 1_000_000)
  let seed = UInt64(try number(&arguments, "--seed", 0))
  let first = try number(&arguments, "--first", 0)
  let place = try FuzzPlace()
  let targets = try FuzzTarget.all(seed: seed, in: place)
  let names = targets.map(\.name)
  if let unknown = arguments.first(where: { !names.contains($0) }) {
    throw Usage(
      text: "\(unknown): there is no such reader; there are \(names.joined(separator: ", "))")
  }
  for signal in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGALRM] {
    Foundation.signal(signal) { Progress.report($0) }
  }
  let bound = rlim_t(addressSpace() + 1 << 30)
  var limit = rlimit(rlim_cur: bound, rlim_max: bound)
  guard setrlimit(__rlimit_resource_t(UInt32(RLIMIT_AS.rawValue)), &limit) == 0 else {
    throw Usage(text: "the memory cannot be limited: \(String(cString: strerror(errno)))")
  }
  for target in targets where arguments.isEmpty || arguments.contains(target.name) {
    Progress.prefix = strdup(
      "jepa-fuzz: \(target.name) --seed \(seed) breaks at --inputs 1 --first ")
    var accepted = 0
    let start = ContinuousClock.now
    for index in first..<first + inputs {
      Progress.input.store(index, ordering: .relaxed)
      alarm(10)
      do {
        if try target.run(index) == .accepted { accepted += 1 }
      } catch {
        say("\(error)")
        Progress.report(0)
      }
    }
    alarm(0)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let name = target.name.padding(toLength: 19, withPad: " ", startingAt: 0)
    let counts = String(
      format: "%9d inputs, %9d accepted, %8.1f s", inputs, accepted, seconds)
    say(name + counts)
  }
}

do {
  try fuzz()
} catch let usage as Usage {
  FileHandle.standardError.write(Data("jepa-fuzz: \(usage.text)\n".utf8))
  exit(64)
}
