#include "CJEPAKernels.h"
#include "scalar_math.h"

#define JK_TYPE 32
#include "rows.inc.h"
#undef JK_TYPE
#define JK_TYPE 16
#include "rows.inc.h"
#undef JK_TYPE
#define JK_TYPE 64
#include "rows.inc.h"
#undef JK_TYPE

#define DISPATCH(f, ...)                           \
  switch (dtype) {                                 \
    case JK_FLOAT32: f##_f32(__VA_ARGS__); break;  \
    case JK_BFLOAT16: f##_bf16(__VA_ARGS__); break; \
    case JK_FLOAT64: f##_f64(__VA_ARGS__); break;  \
  }

void jk_sum(jk_dtype dtype, const void *x, void *y, size_t outer, size_t n, size_t inner) {
  DISPATCH(sum, x, y, outer, n, inner)
}

void jk_maximum(jk_dtype dtype, const void *x, void *y, size_t outer, size_t n, size_t inner) {
  DISPATCH(maximum, x, y, outer, n, inner)
}

void jk_cumulative_sum(jk_dtype dtype, const void *x, void *y, size_t rows, size_t n, int reverse) {
  DISPATCH(cumulative_sum, x, y, rows, n, reverse)
}

void jk_column_sum(jk_dtype dtype, const void *x, void *y, size_t rows, size_t n) {
  DISPATCH(column_sum, x, y, rows, n)
}

void jk_softmax(jk_dtype dtype, const void *x, void *y, size_t rows, size_t n) {
  DISPATCH(softmax, x, y, rows, n)
}

void jk_softmax_gradient(jk_dtype dtype, const void *y, const void *dy, void *dx, size_t rows,
                         size_t n) {
  DISPATCH(softmax_gradient, y, dy, dx, rows, n)
}

void jk_log_sum_exp(jk_dtype dtype, const void *x, void *y, size_t rows, size_t n) {
  DISPATCH(log_sum_exp, x, y, rows, n)
}

double jk_sum_of_squares(jk_dtype dtype, const void *x, size_t n) {
  switch (dtype) {
    case JK_FLOAT32: return sum_of_squares_f32(x, n);
    case JK_BFLOAT16: return sum_of_squares_bf16(x, n);
    case JK_FLOAT64: return sum_of_squares_f64(x, n);
  }
  return 0;
}
