import CJEPAProcessor
import COneDNN
import Foundation

/// What this processor computes with.
///
/// Nothing needs more than every x86-64 or arm64 processor has: what is there beyond is used, and what is not has a
/// portable path. The environment variable `JEPA_MAX_CPU_ISA` lowers what is used, for the package's own kernels and
/// for oneDNN's products, to `SSE41`, `AVX2`, `AVX512_CORE`, `AVX512_CORE_BF16` or `AVX512_CORE_AMX`; where oneDNN's
/// own `ONEDNN_MAX_CPU_ISA` is set, its products follow that.
public enum Processor {
  /// The instructions that kernels are compiled for, each set with all before it.
  public enum InstructionSet: Int, Sendable, CaseIterable, Comparable {
    /// What every processor of the architecture has.
    case baseline
    /// AVX2 and FMA (x86-64-v3).
    case avx2
    /// 512-bit vectors (x86-64-v4).
    case avx512
    /// Rounding to bfloat16 and products of bfloat16 numbers.
    case avx512BFloat16
    /// Products of bfloat16 matrices on tiles.
    case amx

    /// The usual name: "AVX-512 BF16".
    public var name: String {
      switch self {
      case .baseline: "baseline"
      case .avx2: "AVX2"
      case .avx512: "AVX-512"
      case .avx512BFloat16: "AVX-512 BF16"
      case .amx: "AMX"
      }
    }

    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  }

  /// What the package's own kernels use.
  public static let instructionSet = InstructionSet(jk_instructions())

  /// What the processor has, whatever the environment says.
  public static let available = InstructionSet(jk_processor_instructions())

  /// What `JEPA_MAX_CPU_ISA` allows, whether the processor has it or not.
  static let allowed = InstructionSet(jk_allowed_instructions())

  /// Whether products of bfloat16 matrices run in hardware that is faster at them than at float32: AMX, and AVX-512 BF16
  /// of processors that are not Intel's, whose instruction is slower than two of float32. Elsewhere they are computed in
  /// float32, from operands that were rounded to bfloat16: the same numbers, and no faster than float32.
  public static let multipliesBFloat16 =
    jk_multiplies_bfloat16_fast() != 0 && OneDNN.shared.multipliesBFloat16

  /// Checks `JEPA_MAX_CPU_ISA`. A value that names no instruction set has no effect.
  /// - Throws: ``ProcessorError``.
  public static func checkEnvironment() throws {
    guard jk_instruction_limit() < 0 else { return }
    throw ProcessorError(value: ProcessInfo.processInfo.environment["JEPA_MAX_CPU_ISA"] ?? "")
  }
}

/// A `JEPA_MAX_CPU_ISA` that names no instruction set.
public struct ProcessorError: Error, CustomStringConvertible {
  let value: String

  public var description: String {
    "JEPA_MAX_CPU_ISA: \"\(value)\" is not an instruction set; use SSE41, AVX2, AVX512_CORE, "
      + "AVX512_CORE_BF16 or AVX512_CORE_AMX, or unset it"
  }
}

extension Processor.InstructionSet {
  fileprivate init(_ set: jk_instruction_set) {
    self = Self(rawValue: Int(set.rawValue)) ?? .baseline
  }
}
