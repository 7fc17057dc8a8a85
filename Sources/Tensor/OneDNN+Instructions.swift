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
    let limit: dnnl_cpu_isa_t
    switch environment["JEPA_MAX_CPU_ISA"] {
    case "SSE41": limit = dnnl_cpu_isa_sse41
    case "AVX": limit = dnnl_cpu_isa_avx
    case "AVX2": limit = dnnl_cpu_isa_avx2
    case "AVX512_CORE": limit = dnnl_cpu_isa_avx512_core
    case "AVX512_CORE_VNNI": limit = dnnl_cpu_isa_avx512_core_vnni
    case "AVX512_CORE_BF16": limit = dnnl_cpu_isa_avx512_core_bf16
    case "AVX512_CORE_AMX": limit = dnnl_cpu_isa_avx512_core_amx
    default: return
    }
    check(dnnl_set_max_cpu_isa(limit), "limit of the instruction set")
  }
}
