import Foundation
import JEPA
import JEPATensor
import Testing

/// What `jepa` does on processors of all kinds, as far as a processor can be lowered.
@Suite struct ProcessorTests {
  private static let lowered = "export JEPA_MAX_CPU_ISA=AVX2 ONEDNN_MAX_CPU_ISA=AVX2"

  @Test func anUnknownInstructionSetIsRefused() throws {
    let place = try Workplace()
    let outcome = try place.jepa("--version", shell: "export JEPA_MAX_CPU_ISA=avx3")
    #expect(outcome.status == 1)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains("JEPA_MAX_CPU_ISA: \"avx3\" is not an instruction set"))
  }

  @Test(arguments: ["SSE41", "AVX2", "AVX512_CORE_AMX", ""])
  func aKnownOneIsTaken(_ name: String) throws {
    let outcome = try Workplace().jepa("--version", shell: "export JEPA_MAX_CPU_ISA=\(name)")
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test func helpStatesWhatHardwareIsNeeded() throws {
    let outcome = try Workplace().jepa("--help")
    let first = outcome.output.split(separator: "\n").prefix(8).joined(separator: " ")
    #expect(first.contains("x86-64") && first.contains("arm64"), "\(outcome.output)")
  }

  /// `auto` on a processor without bfloat16 products, which is what AVX2 makes of any.
  @Test func theFirstLineSaysWhichPrecisionAndWhy() throws {
    let place = try Workplace()
    let run = try place.train(
      "run", ["meta.precision=auto", "optimization.epochs=1"], shell: Self.lowered)
    #expect(run.status == 0, "\(run.errors)")
    let line = run.errorLines.first ?? ""
    #expect(line.hasSuffix("; float32: this processor has no bfloat16 products"), "\(line)")
    let recorded = try TrainingConfiguration(
      contentsOf: place.file("run/config.yaml").path)
    #expect(recorded.meta.precision == .float32)
  }

  /// A run keeps the precision that it began with, also where `auto` would choose another.
  @Test func aResumedRunKeepsItsPrecision() throws {
    let place = try Workplace()
    let settings = ["logging.checkpoint_steps=2"]
    let cut = try place.train("run", settings + ["meta.precision=bfloat16"]) {
      $0.contains("  step ")
    }
    #expect(cut.status == -SIGKILL)
    let rest = try place.train("run", settings + ["meta.precision=auto"], ["--resume"])
    #expect(rest.status == 0, "\(rest.errors)")
    #expect(rest.errorLines.contains { $0.contains("; bfloat16: ") }, "\(rest.errors)")
  }

  /// A run in bfloat16 goes on where there are no bfloat16 products: 20 steps, each loss within 1e-3. Where this
  /// processor has none either, the smaller vectors alone make the difference.
  @Test func bfloat16GoesOnWithoutHardware() throws {
    let place = try Workplace()
    let settings = ["meta.precision=bfloat16", "logging.checkpoint_steps=2"]
    #expect(try place.train("whole", settings).status == 0)
    var seen = 0
    let cut = try place.train("cut", settings) { line in
      seen += line.contains("  step ") ? 1 : 0
      return seen == 4
    }
    #expect(cut.status == -SIGKILL)
    let lowered = Processor.available > .avx2 ? Self.lowered : "export JEPA_MAX_CPU_ISA=SSE41"
    let rest = try place.train("cut", settings, ["--resume"], shell: lowered)
    #expect(rest.status == 0, "\(rest.errors)")
    func losses(_ run: String) throws -> [Double] {
      try place.rows(of: run).compactMap { $0["loss"] }
    }
    let (expected, found) = (try losses("whole"), try losses("cut"))
    #expect(expected.count == 24 && found.count == 24)
    for (step, (a, b)) in zip(expected, found).enumerated() {
      #expect(abs(a - b) <= 1e-3 * abs(a), "step \(step + 1): \(b) instead of \(a)")
    }
  }
}
