#include "CJEPAKernels.h"
#include "scalar_math.h"

JK_INLINE float jk_abs_f32(float x) { return __builtin_fabsf(x); }
JK_INLINE double jk_abs_f64(double x) { return __builtin_fabs(x); }

#define JK_TYPE 32
#include "coupling.inc.h"
#include "spline.inc.h"
#undef JK_TYPE
#define JK_TYPE 16
#include "coupling.inc.h"
#include "spline.inc.h"
#undef JK_TYPE
#define JK_TYPE 64
#include "coupling.inc.h"
#include "spline.inc.h"
#undef JK_TYPE

void jk_coupling_input(jk_dtype dtype, const void *x, const int32_t *columns, size_t count,
                       double bound, void *y, size_t rows, size_t stride) {
  if (dtype == JK_FLOAT64) coupling_input_f64(x, columns, count, bound, y, rows, stride);
  else coupling_input_f32(x, columns, count, (float)bound, y, rows, stride);
}

void jk_coupling_input_gradient(jk_dtype dtype, const void *x, const void *dy,
                                const int32_t *columns, size_t count, double bound, void *dx,
                                size_t rows, size_t stride) {
  if (dtype == JK_FLOAT64)
    coupling_input_gradient_f64(x, dy, columns, count, bound, dx, rows, stride);
  else coupling_input_gradient_f32(x, dy, columns, count, (float)bound, dx, rows, stride);
}

void jk_affine_coupling(jk_dtype dtype, const void *x, const void *raw, size_t raw_rows,
                        const int32_t *columns, size_t count, double bound, int inverse, void *y,
                        size_t rows, size_t stride) {
#define ARGUMENTS(real) x, raw, raw_rows, columns, count, (real)bound, inverse, y, rows, stride
  switch (dtype) {
    case JK_FLOAT32: affine_coupling_f32(ARGUMENTS(float)); break;
    case JK_BFLOAT16: affine_coupling_bf16(ARGUMENTS(float)); break;
    case JK_FLOAT64: affine_coupling_f64(ARGUMENTS(double)); break;
  }
#undef ARGUMENTS
}

void jk_affine_coupling_gradient(jk_dtype dtype, const void *x, const void *raw, const void *dy,
                                 const int32_t *columns, size_t count, double bound, void *dx,
                                 void *draw, size_t rows, size_t stride) {
#define ARGUMENTS(real) x, raw, dy, columns, count, (real)bound, dx, draw, rows, stride
  switch (dtype) {
    case JK_FLOAT32: affine_coupling_gradient_f32(ARGUMENTS(float)); break;
    case JK_BFLOAT16: affine_coupling_gradient_bf16(ARGUMENTS(float)); break;
    case JK_FLOAT64: affine_coupling_gradient_f64(ARGUMENTS(double)); break;
  }
#undef ARGUMENTS
}

void jk_spline_coupling(jk_dtype dtype, const void *x, const void *raw, size_t raw_rows,
                        const int32_t *columns, size_t count, size_t bins, double tail,
                        double slope, int inverse, void *y, size_t rows, size_t stride) {
  double log_slope = fabs(log(slope));
#define ARGUMENTS(real)                                                                        \
  x, raw, raw_rows, columns, count, bins, (real)tail, (real)log_slope, inverse, y, rows, stride
  switch (dtype) {
    case JK_FLOAT32: spline_coupling_f32(ARGUMENTS(float)); break;
    case JK_BFLOAT16: spline_coupling_bf16(ARGUMENTS(float)); break;
    case JK_FLOAT64: spline_coupling_f64(ARGUMENTS(double)); break;
  }
#undef ARGUMENTS
}

void jk_spline_coupling_gradient(jk_dtype dtype, const void *x, const void *raw, const void *dy,
                                 const int32_t *columns, size_t count, size_t bins, double tail,
                                 double slope, void *dx, void *draw, size_t rows, size_t stride) {
  double log_slope = fabs(log(slope));
#define ARGUMENTS(real)                                                                          \
  x, raw, dy, columns, count, bins, (real)tail, (real)log_slope, dx, draw, rows, stride
  switch (dtype) {
    case JK_FLOAT32: spline_coupling_gradient_f32(ARGUMENTS(float)); break;
    case JK_BFLOAT16: spline_coupling_gradient_bf16(ARGUMENTS(float)); break;
    case JK_FLOAT64: spline_coupling_gradient_f64(ARGUMENTS(double)); break;
  }
#undef ARGUMENTS
}
