#include "CJEPAKernels.h"
#include "scalar_math.h"

#define JK_TYPE 32
#include "modulation.inc.h"
#undef JK_TYPE
#define JK_TYPE 16
#include "modulation.inc.h"
#undef JK_TYPE
#define JK_TYPE 64
#include "modulation.inc.h"
#undef JK_TYPE

#define EACH_TYPE(f, ...)                        \
  switch (dtype) {                               \
    case JK_FLOAT32: f##_f32(__VA_ARGS__); break;  \
    case JK_BFLOAT16: f##_bf16(__VA_ARGS__); break; \
    case JK_FLOAT64: f##_f64(__VA_ARGS__); break;  \
  }

void jk_modulate(jk_dtype dtype, const void *x, jk_modulation m, double epsilon, void *y,
                 void *mean, void *rstd, size_t count, size_t n) {
  EACH_TYPE(modulate, x, m.context, m.copies, m.time, m.time_rows, m.parts * n, epsilon, y, mean,
            rstd, count, n)
}

void jk_modulate_gradient(jk_dtype dtype, const void *x, jk_modulation m, const void *mean,
                          const void *rstd, const void *dy, void *dx, void *dcontext, void *dtime,
                          size_t count, size_t n) {
  EACH_TYPE(modulate_gradient, x, m.context, m.copies, m.time, m.time_rows, m.parts * n, mean,
            rstd, dy, dx, dcontext, dtime, count, n)
}

void jk_add_gated(jk_dtype dtype, const void *h, const void *u, jk_modulation m, void *y,
                  size_t count, size_t n) {
  EACH_TYPE(add_gated, h, u, m.context, m.copies, m.time, m.time_rows, m.parts * n, y, count, n)
}

void jk_add_gated_gradient(jk_dtype dtype, const void *u, jk_modulation m, const void *dy,
                           void *du, void *dcontext, void *dtime, size_t count, size_t n) {
  EACH_TYPE(add_gated_gradient, u, m.context, m.copies, m.time, m.time_rows, m.parts * n, dy, du,
            dcontext, dtime, count, n)
}
