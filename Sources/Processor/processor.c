#include "CJEPAProcessor.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

int jk_instruction_level = JK_BASELINE;
static int processor_level = JK_BASELINE;
static int limit = 0;
static int allowed_level = JK_AMX;

#if defined(__x86_64__)
/* Linux lends the tiles' registers to a process that asks for them. */
static int has_tiles(void) {
#ifdef __linux__
  enum { request_permission = 0x1023, tile_data = 18, bfloat16_bit = 1 << 22, tile_bit = 1 << 24 };
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
  if ((d & bfloat16_bit) == 0 || (d & tile_bit) == 0) return 0;
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
  return 0;
#endif
}

static int found(void) {
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("x86-64-v3")) return JK_BASELINE;
  if (!__builtin_cpu_supports("x86-64-v4")) return JK_AVX2;
  if (!__builtin_cpu_supports("avx512bf16")) return JK_AVX512;
  return has_tiles() ? JK_AMX : JK_AVX512_BF16;
}
#else
static int found(void) { return JK_BASELINE; }
#endif

/* The level that the environment allows. */
static int allowed(void) {
  static const struct { const char *name; int level; } names[] = {
      {"SSE41", JK_BASELINE},
      {"AVX2", JK_AVX2},
      {"AVX512_CORE", JK_AVX512},
      {"AVX512_CORE_BF16", JK_AVX512_BF16},
      {"AVX512_CORE_AMX", JK_AMX},
  };
  const char *value = getenv("JEPA_MAX_CPU_ISA");
  if (!value || !*value) return JK_AMX;
  limit = -1;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(value, names[i].name) == 0) {
      limit = 1;
      return names[i].level;
    }
  return JK_AMX;
}

/* Before main, so that no thread ever sees another level. */
__attribute__((constructor)) static void choose(void) {
  processor_level = found();
  allowed_level = allowed();
  jk_instruction_level = processor_level < allowed_level ? processor_level : allowed_level;
}

jk_instruction_set jk_instructions(void) { return (jk_instruction_set)jk_instruction_level; }
jk_instruction_set jk_processor_instructions(void) { return (jk_instruction_set)processor_level; }
jk_instruction_set jk_allowed_instructions(void) { return (jk_instruction_set)allowed_level; }
int jk_instruction_limit(void) { return limit; }

int jk_multiplies_bfloat16_fast(void) {
#if defined(__x86_64__)
  if (jk_instruction_level >= JK_AMX) return 1;
  return jk_instruction_level >= JK_AVX512_BF16 && !__builtin_cpu_is("intel");
#else
  return 0;
#endif
}
