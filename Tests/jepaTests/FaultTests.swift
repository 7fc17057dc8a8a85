import Foundation
import JEPA
import Testing

/// The system's C compiler, if it has one.
private enum CCompiler {
  static let path: String? = ["cc", "clang", "gcc"].lazy.compactMap { name in
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .map { "\($0)/\(name)" }.first(where: FileManager.default.isExecutableFile)
  }.first
}

/// Calls to the system that fail, by a preloaded library; `make fault-test` tries hundreds.
@Suite(.serialized, .enabled(if: CCompiler.path != nil, "needs a C compiler"))
struct FaultTests {
  private static let final = "checkpoints/step-00000024.safetensors"

  /// A place with the library in it.
  private func place() throws -> Workplace {
    let place = try Workplace()
    let source = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../scripts/fault-shim.c").standardizedFileURL
    let process = Process()
    process.executableURL = URL(filePath: try #require(CCompiler.path))
    process.arguments = [
      "-O1", "-shared", "-fPIC", source.path, "-o", place.file("shim.so").path, "-ldl",
    ]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return place
  }

  /// For the shell that starts the tool.
  private func failing(_ call: String, _ number: Int, _ code: Int32, lasting: Bool = false)
    -> String
  {
    "export LD_PRELOAD=\"$PWD/shim.so\" FAULT_CALL=\(call) FAULT_AT=\(number) FAULT_ERRNO=\(code) "
      + "SWIFT_BACKTRACE=enable=no" + (lasting ? " FAULT_LASTING=1" : "")
  }

  /// Not one thread beside the first: the work is done by it, with the same result.
  @Test(.timeLimit(.minutes(5))) func withoutThreads() throws {
    let place = try place()
    #expect(try place.train("whole").status == 0)
    let outcome = try place.train(
      "run", shell: failing("pthread_create", 1, EAGAIN, lasting: true))
    #expect(outcome.status == 0, "\(outcome.errors)")
    let reasons = outcome.errorLines.filter { $0.hasPrefix("a thread cannot be created (") }
    #expect(reasons.count == 2, "\(outcome.errors)")
    try InterruptionTests().expectSameBits(
      place.file("whole/" + Self.final), place.file("run/" + Self.final))
  }

  /// One that is missing for a moment only.
  @Test(.timeLimit(.minutes(5)), arguments: 1...3) func withoutOneThread(_ number: Int) throws {
    let place = try place()
    #expect(try place.train("whole").status == 0)
    let outcome = try place.train("run", shell: failing("pthread_create", number, EAGAIN))
    #expect(outcome.status == 0, "\(outcome.errors)")
    try InterruptionTests().expectSameBits(
      place.file("whole/" + Self.final), place.file("run/" + Self.final))
  }

  /// The first line of all, and every one.
  @Test func withoutALog() throws {
    let place = try place()
    for lasting in [false, true] {
      let outcome = try place.train(
        "run\(lasting)", shell: failing("log", 1, ENOSPC, lasting: lasting))
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.errorLines.isEmpty == lasting)
    }
  }

  /// Whatever the system refuses an image for, no other stands in for it.
  @Test func anImageThatTheSystemFailsToRead() throws {
    let place = try place()
    try place.writeImageFolder("images", splits: ["train"], count: 8)
    let settings = [
      "data.dataset=image-folder", "data.samples=null", "optimization.epochs=1",
      "optimization.warmup=0",
    ]
    // Some of the calls that open files are for images; which, depends on the system's libraries.
    var met = 0
    for number in stride(from: 8, through: 40, by: 2) {
      let name = "run\(number)"
      let outcome = try place.train(
        name, settings, ["--data", "images"], shell: failing("open", number, EMFILE))
      #expect(!outcome.errors.contains("broken image"), "\(outcome.errors)")
      guard let line = outcome.errorLines.last, line.contains(".jpg") else { continue }
      met += 1
      #expect(outcome.status == 1)
      #expect(
        line.contains(": cannot be read: Too many open files; the system failed, not the image"))
    }
    #expect(met > 0)
  }

  /// Neither our own memory nor a library's ends the process without a word.
  @Test func withoutMemory() throws {
    let place = try place()
    for (call, number) in [("malloc", 2000), ("mmap", 12), ("mmap", 40)] {
      let outcome = try place.train(
        "run-\(call)-\(number)", shell: failing(call, number, ENOMEM, lasting: true))
      #expect(outcome.status == 1, "\(call) \(number): \(outcome.errors)")
      #expect(outcome.errorLines.last?.contains("out of memory: ") == true, "\(outcome.errors)")
    }
  }
}
