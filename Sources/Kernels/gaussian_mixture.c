#include "CJEPAKernels.h"
#include "scalar_math.h"

#define JK_HALF_LOG_2_PI 0.91893853320467274178

/* The lower triangle of a becomes L with L Lᵀ = a; a ⪰ I, so no pivot falls below 1 but by rounding. */
static void jk_cholesky(double *a, size_t n) {
  for (size_t j = 0; j < n; j++) {
    double pivot = a[j * n + j];
    for (size_t k = 0; k < j; k++) pivot -= a[j * n + k] * a[j * n + k];
    double root = sqrt(pivot > 1 ? pivot : 1);
    a[j * n + j] = root;
    for (size_t i = j + 1; i < n; i++) {
      double s = a[i * n + j];
      for (size_t k = 0; k < j; k++) s -= a[i * n + k] * a[j * n + k];
      a[i * n + j] = s / root;
    }
  }
}

/* x ← (L Lᵀ)⁻¹ x. */
static void jk_cholesky_solve(const double *l, double *x, size_t n) {
  for (size_t i = 0; i < n; i++) {
    for (size_t k = 0; k < i; k++) x[i] -= l[i * n + k] * x[k];
    x[i] /= l[i * n + i];
  }
  for (size_t i = n; i-- > 0;) {
    for (size_t k = i + 1; k < n; k++) x[i] -= l[k * n + i] * x[k];
    x[i] /= l[i * n + i];
  }
}

#define JK_TYPE 32
#include "gaussian_mixture.inc.h"
#include "gaussian_coordinates.inc.h"
#undef JK_TYPE
#define JK_TYPE 16
#include "gaussian_mixture.inc.h"
#undef JK_TYPE
#define JK_TYPE 64
#include "gaussian_mixture.inc.h"
#include "gaussian_coordinates.inc.h"
#undef JK_TYPE

#define DISPATCH(f, ...)                            \
  switch (dtype) {                                  \
    case JK_FLOAT32: f##_f32(__VA_ARGS__); break;   \
    case JK_BFLOAT16: f##_bf16(__VA_ARGS__); break; \
    case JK_FLOAT64: f##_f64(__VA_ARGS__); break;   \
  }

size_t jk_gaussian_mixture_scratch(jk_dtype dtype, size_t rank, size_t dimensions) {
  size_t size = dtype == JK_FLOAT64 ? sizeof(double) : sizeof(float);
  return (rank + 2) * rank * sizeof(double) + (rank + 4) * dimensions * size;
}

void jk_gaussian_mixture(jk_dtype dtype, const void *y, const void *log_weights, const void *means,
                         const void *log_scales, double log_floor, const void *factors, size_t rank,
                         void *joint, void *y_density, void *scratch, size_t rows,
                         size_t components, size_t dimensions) {
  DISPATCH(gaussian_mixture, y, log_weights, means, log_scales, log_floor, factors, rank, joint,
           y_density, scratch, rows, components, dimensions)
}

void jk_gaussian_mixture_gradient(jk_dtype dtype, const void *y, const void *means,
                                  const void *log_scales, double log_floor, const void *factors,
                                  size_t rank, const void *joint, const void *y_density,
                                  const void *dy_density, void *dlog_weights, void *dmeans,
                                  void *dlog_scales, void *dfactors, void *scratch, size_t rows,
                                  size_t components, size_t dimensions) {
  DISPATCH(gaussian_mixture_gradient, y, means, log_scales, log_floor, factors, rank, joint,
           y_density, dy_density, dlog_weights, dmeans, dlog_scales, dfactors, scratch, rows,
           components, dimensions)
}

void jk_gaussian_coordinates_draw(jk_dtype dtype, const void *weights, const void *means,
                                  const void *scales, const int32_t *chosen_rows,
                                  const void *uniform, const void *normal, void *y, size_t count,
                                  size_t components, size_t dimensions) {
  if (dtype == JK_FLOAT64)
    gaussian_coordinates_draw_f64(weights, means, scales, chosen_rows, uniform, normal, y, count,
                                  components, dimensions);
  else
    gaussian_coordinates_draw_f32(weights, means, scales, chosen_rows, uniform, normal, y, count,
                                  components, dimensions);
}
