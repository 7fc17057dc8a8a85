#ifndef CJEPAPROCESSOR_H
#define CJEPAPROCESSOR_H

/* Which instructions the kernels use.
 *
 * A kernel is compiled once for every instruction set below, and a call takes the best that the processor has.
 * The environment variable JEPA_MAX_CPU_ISA lowers that, as ONEDNN_MAX_CPU_ISA does for oneDNN, whose names it
 * takes: SSE41, AVX2, AVX512_CORE, AVX512_CORE_BF16, AVX512_CORE_AMX. */

typedef enum {
  JK_BASELINE = 0,    /* what every processor of the architecture has: x86-64, armv8-a */
  JK_AVX2 = 1,        /* x86-64-v3: AVX2 and FMA */
  JK_AVX512 = 2,      /* x86-64-v4 */
  JK_AVX512_BF16 = 3, /* and rounding of floats to bfloat16 */
  JK_AMX = 4          /* and products on matrix tiles, which the system lets this process use */
} jk_instruction_set;

/* What kernels use: what the processor has, or less where the environment says so. */
jk_instruction_set jk_instructions(void);
/* What the processor has. */
jk_instruction_set jk_processor_instructions(void);
/* Whether products of bfloat16 numbers take less time than those of float32 numbers: with AMX, and with AVX-512 BF16 but
 * for Intel's, which start one such instruction of 512 bits every other cycle where they start two of float32 every
 * cycle. Of the instructions that are used. */
int jk_multiplies_bfloat16_fast(void);
/* What the environment allows, whether the processor has it or not. */
jk_instruction_set jk_allowed_instructions(void);
/* Whether JEPA_MAX_CPU_ISA is set to one of the names above: 1; 0 where it is not set; -1 where it is set to
 * something else, which has no effect. */
int jk_instruction_limit(void);

/* Set before main begins, and never after. For the macros below; others call jk_instructions(). */
extern int jk_instruction_level;

/* A function without a prototype of its own that is inlined into every version of a kernel. The width is what a
 * caller may use once this is inlined into it. */
#define JK_INLINE static inline __attribute__((always_inline, min_vector_width(512)))

/* Begins the definition of a kernel, whose body follows:
 *
 *   JK_KERNEL(void, twice, (float *x, size_t n), (x, n)) {
 *     for (size_t i = 0; i < n; i++) x[i] *= 2;
 *   }
 *
 * `parameters` are its parameters, `arguments` their names, both in parentheses. In the body, jk_vector_bytes is the
 * width of the vectors that this version is compiled for, a constant. JK_PUBLIC_KERNEL defines a kernel that other
 * files may call. */
#define JK_KERNEL(result, name, parameters, arguments) \
  JK_VERSIONS(static, result, name, parameters, arguments)
#define JK_PUBLIC_KERNEL(result, name, parameters, arguments) \
  JK_VERSIONS(, result, name, parameters, arguments)

#define JK_LIST(...) __VA_ARGS__
#define JK_BODY(result, name, parameters) \
  JK_INLINE result name##_body(__attribute__((unused)) const int jk_vector_bytes, JK_LIST parameters)

#if defined(__x86_64__)
#define JK_X86 1
#define JK_VERSIONS(storage, result, name, parameters, arguments)                               \
  JK_BODY(result, name, parameters);                                                            \
  __attribute__((target("arch=x86-64-v4"), noinline)) static result name##_v4 parameters {      \
    return name##_body(64, JK_LIST arguments);                                                  \
  }                                                                                             \
  __attribute__((target("arch=x86-64-v3"), noinline)) static result name##_v3 parameters {      \
    return name##_body(32, JK_LIST arguments);                                                  \
  }                                                                                             \
  __attribute__((noinline)) static result name##_v1 parameters {                                \
    return name##_body(16, JK_LIST arguments);                                                  \
  }                                                                                             \
  storage result name parameters {                                                              \
    if (jk_instruction_level >= JK_AVX512) return name##_v4 arguments;                          \
    if (jk_instruction_level >= JK_AVX2) return name##_v3 arguments;                            \
    return name##_v1 arguments;                                                                 \
  }                                                                                             \
  JK_BODY(result, name, parameters)

/* Targets of kernels that are written for one instruction set. They may only be called where jk_instructions() is at
 * least JK_AVX512_BF16, and JK_AMX. */
#define JK_ROUNDING_TARGET target("arch=x86-64-v4,avx512bf16"), min_vector_width(512)
#define JK_TILE_TARGET target("arch=x86-64-v4,avx512bf16,amx-tile,amx-bf16"), min_vector_width(512)
#else
#define JK_VERSIONS(storage, result, name, parameters, arguments) \
  JK_BODY(result, name, parameters);                              \
  storage result name parameters { return name##_body(16, JK_LIST arguments); } \
  JK_BODY(result, name, parameters)
#endif

#endif
