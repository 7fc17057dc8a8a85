import CJEPAProcessor
import COneDNN
import Foundation

extension OneDNN {
  /// Whether bfloat16 products run in hardware.
  var multipliesBFloat16: Bool {
    let needed = dnnl_cpu_isa_avx512_core_bf16.rawValue
    return dnnl_get_effective_cpu_isa().rawValue & needed == needed
  }

  /// oneDNN follows `JEPA_MAX_CPU_ISA` as the package's own kernels do, unless a variable of its own is set. It takes
  /// a limit only before it has computed anything.
  static func limitInstructions() {
    let environment = ProcessInfo.processInfo.environment
    if environment["ONEDNN_MAX_CPU_ISA"] != nil || environment["DNNL_MAX_CPU_ISA"] != nil { return }
    guard jk_instruction_limit() > 0 else { return }
    let limit =
      switch Processor.allowed {
      case .baseline: dnnl_cpu_isa_sse41
      case .avx2: dnnl_cpu_isa_avx2
      case .avx512: dnnl_cpu_isa_avx512_core
      case .avx512BFloat16: dnnl_cpu_isa_avx512_core_bf16
      case .amx: dnnl_cpu_isa_avx512_core_amx
      }
    check(dnnl_set_max_cpu_isa(limit), "limit of the instruction set")
  }
}
