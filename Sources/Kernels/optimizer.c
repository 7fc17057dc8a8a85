#include "CJEPAKernels.h"
#include "scalar_math.h"

/* The moments move towards g and g² by 1 - β: with β·m + (1 - β)·g the two factors' rounding to
 * float32 would not sum to 1. */
#define ADAMW(name, real, root, wide)                                                                \
  JK_KERNEL(void, name,                                                                          \
            (real *restrict p, const real *restrict gradient, real scale, real *restrict m,      \
             real *restrict v, real decay, real rest1, real rest2, real epsilon, real step,      \
             real root_correction2, size_t n),                                                   \
            (p, gradient, scale, m, v, decay, rest1, rest2, epsilon, step, root_correction2, n)) \
             {                                                                                   \
    wide for (size_t i = 0; i < n; i++) {                                                      \
      real g = gradient[i] * scale;                                                            \
      m[i] += rest1 * (g - m[i]);                                                              \
      v[i] += rest2 * (g * g - v[i]);                                                          \
      p[i] = p[i] * decay - step * m[i] / (root(v[i]) / root_correction2 + epsilon);           \
    }                                                                                          \
  }

ADAMW(adamw_f32, float, jk_sqrt_f32, JK_WIDE)
ADAMW(adamw_f64, double, jk_sqrt_f64, )

void jk_adamw(jk_dtype dtype, void *p, const void *gradient, double gradient_scale, void *m,
              void *v, double learning_rate, double beta1, double beta2, double epsilon,
              double weight_decay, double correction1, double correction2, size_t n) {
  double decay = 1 - learning_rate * weight_decay;
  double step = learning_rate / correction1;
  /* In double: 1 - 0.999f is off by 1.3e-5 of itself, and so would be the second moment. */
  double rest1 = 1 - beta1, rest2 = 1 - beta2;
  if (dtype == JK_FLOAT64) {
    adamw_f64(p, gradient, gradient_scale, m, v, decay, rest1, rest2, epsilon, step,
              sqrt(correction2), n);
  } else {
    adamw_f32(p, gradient, (float)gradient_scale, m, v, (float)decay, (float)rest1, (float)rest2,
              (float)epsilon, (float)step, (float)sqrt(correction2), n);
  }
}

JK_KERNEL(void, moving_average_f32,
          (float *restrict average, const float *restrict p, float momentum, float rest, size_t n),
          (average, p, momentum, rest, n)) {
  for (size_t i = 0; i < n; i++) average[i] = momentum * average[i] + rest * p[i];
}
JK_KERNEL(void, moving_average_f64,
          (double *restrict average, const double *restrict p, double momentum, double rest,
           size_t n),
          (average, p, momentum, rest, n)) {
  for (size_t i = 0; i < n; i++) average[i] = momentum * average[i] + rest * p[i];
}

void jk_moving_average(jk_dtype dtype, void *average, const void *p, double momentum, size_t n) {
  if (dtype == JK_FLOAT64) moving_average_f64(average, p, momentum, 1 - momentum, n);
  else moving_average_f32(average, p, (float)momentum, (float)(1 - momentum), n);
}
