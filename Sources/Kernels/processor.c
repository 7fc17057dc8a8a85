#include "processor.h"
#include "CJEPAKernels.h"

#ifdef JK_X86
#include <cpuid.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

int jk_rounds_bfloat16(void) {
  return __builtin_cpu_supports("x86-64-v4") && __builtin_cpu_supports("avx512bf16");
}

/* The system lends the tiles' registers to a process that asks for them. */
static int tiles_granted(void) {
  enum { request_permission = 0x1023, tile_data = 18, bfloat16_bit = 1 << 22, tile_bit = 1 << 24 };
  unsigned a, b, c, d;
  if (!jk_rounds_bfloat16() || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
  if ((d & bfloat16_bit) == 0 || (d & tile_bit) == 0) return 0;
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

int jk_has_tiles(void) {
  static atomic_int known = -1;
  int answer = atomic_load(&known);
  if (answer < 0) {
    answer = tiles_granted();
    atomic_store(&known, answer);
  }
  return answer;
}

#else
int jk_rounds_bfloat16(void) { return 0; }
int jk_has_tiles(void) { return 0; }
#endif
