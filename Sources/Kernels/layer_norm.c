#include "CJEPAKernels.h"
#include "scalar_math.h"

#define LN_KERNEL JK_KERNEL

/* float32 → float32 */
#define JK_TYPE 32
#define X float
#define LOAD_X(x) (x)
#define STORE_X(x) (x)
#define LN_NAME(f) f##_f32_f32
#include "layer_norm.inc.h"
#undef LN_NAME
#undef JK_TYPE

/* float32 → bfloat16 */
#define JK_TYPE 16
#define LN_NAME(f) f##_f32_bf16
#include "layer_norm.inc.h"
#undef LN_NAME
#undef X
#undef LOAD_X
#undef STORE_X

/* bfloat16 → bfloat16 */
#define X uint16_t
#define LOAD_X(x) jk_load_bf16(x)
#define STORE_X(x) STORE(x)
#define LN_NAME(f) f##_bf16_bf16
#include "layer_norm.inc.h"
#undef LN_NAME
#undef JK_TYPE

/* bfloat16 → float32 */
#define JK_TYPE 32
#undef STORE_X
#define STORE_X(x) jk_store_bf16(x)
#define LN_NAME(f) f##_bf16_f32
#include "layer_norm.inc.h"
#undef LN_NAME
#undef JK_TYPE
#undef X
#undef LOAD_X
#undef STORE_X

/* float64 → float64 */
#define JK_TYPE 64
#define X double
#define LOAD_X(x) (x)
#define STORE_X(x) (x)
#define LN_NAME(f) f##_f64_f64
#include "layer_norm.inc.h"
#undef LN_NAME
#undef JK_TYPE
#undef X
#undef LOAD_X
#undef STORE_X

/* to bfloat16, where the processor rounds to it */
#ifdef JK_X86
#undef LN_KERNEL
#define LN_KERNEL(result, name, parameters, arguments) \
  __attribute__((JK_ROUNDING_TARGET)) static result name parameters
#define JK_TYPE 16
#define JK_ROUNDS
#define X float
#define LOAD_X(x) (x)
#define STORE_X(x) (x)
#define LN_NAME(f) f##_f32_rounded
#include "layer_norm.inc.h"
#undef LN_NAME
#undef X
#undef LOAD_X
#undef STORE_X
#define X uint16_t
#define LOAD_X(x) jk_load_bf16(x)
#define STORE_X(x) STORE(x)
#define LN_NAME(f) f##_bf16_rounded
#include "layer_norm.inc.h"
#undef LN_NAME
#undef JK_ROUNDS
#undef JK_TYPE
#define ROUNDED(f, x, ...)                                                              \
  if (jk_instruction_level >= JK_AVX512_BF16 && x == JK_FLOAT32) f##_f32_rounded(__VA_ARGS__(float));     \
  else if (jk_instruction_level >= JK_AVX512_BF16) f##_bf16_rounded(__VA_ARGS__(float));                  \
  else
#else
#define ROUNDED(f, x, ...)
#endif

#define DISPATCH(f, x, y, ...)                                                         \
  if (x == JK_FLOAT64) f##_f64_f64(__VA_ARGS__(double));                               \
  else if (x == JK_FLOAT32 && y == JK_FLOAT32) f##_f32_f32(__VA_ARGS__(float));        \
  else if (y == JK_FLOAT32) f##_bf16_f32(__VA_ARGS__(float));                          \
  else ROUNDED(f, x, __VA_ARGS__)                                                      \
  if (x == JK_FLOAT32) f##_f32_bf16(__VA_ARGS__(float));                               \
  else f##_bf16_bf16(__VA_ARGS__(float));

void jk_layer_norm(jk_dtype x_dtype, const void *x, const void *weight, const void *bias,
                   double epsilon, jk_dtype y_dtype, void *y, void *mean, void *rstd, size_t rows,
                   size_t n) {
#define ARGUMENTS(real) x, weight, bias, (real)epsilon, y, mean, rstd, rows, n
  DISPATCH(layer_norm, x_dtype, y_dtype, ARGUMENTS)
#undef ARGUMENTS
}

void jk_layer_norm_gradient(jk_dtype x_dtype, const void *x, const void *weight, const void *mean,
                            const void *rstd, jk_dtype dy_dtype, const void *dy, void *dx,
                            void *dweight, void *dbias, size_t rows, size_t n) {
#define ARGUMENTS(real) x, weight, mean, rstd, dy, dx, dweight, dbias, rows, n
  DISPATCH(layer_norm_gradient, x_dtype, dy_dtype, ARGUMENTS)
#undef ARGUMENTS
}
