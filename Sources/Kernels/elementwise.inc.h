/* Element-by-element loops for one type; see types.h. */
#include "types.h"

/* `wide` is WIDE, or nothing where the C library is called, which no vectors go through. */
#define UNARY_LOOP(f, wide, expression)                                                      \
  JK_KERNEL(void, NAME(f), (const T *restrict x, T *restrict y, size_t n), (x, y, n)) {          \
    wide for (size_t i = 0; i < n; i++) {                                         \
      A v = LOAD(x[i]);                                                           \
      y[i] = STORE((A)(expression));                                              \
    }                                                                             \
  }
#define UNARY(f, expression) UNARY_LOOP(f, WIDE, expression)

#define GRADIENT_LOOP(f, wide, expression)                                                   \
  JK_KERNEL(void, NAME(f##_gradient),                                                            \
            (const T *restrict x, const T *restrict dy, T *restrict dx, size_t n),               \
            (x, dy, dx, n)) {                                                                    \
    wide for (size_t i = 0; i < n; i++) {                                         \
      A v = LOAD(x[i]);                                                           \
      A g = LOAD(dy[i]);                                                          \
      dx[i] = STORE((A)(g * (expression)));                                       \
    }                                                                             \
  }
#define GRADIENT(f, expression) GRADIENT_LOOP(f, WIDE, expression)

JK_INLINE A NAME(sigmoid_of)(A v) { return 1 / (1 + MATH(jk_exp)(-v)); }
/* log(1 + eᵛ) = max(v, 0) + log(1 + e^−|v|), with log1p near 0 by its series. */
JK_INLINE A NAME(softplus_of)(A v) {
  A e = MATH(jk_exp)(v < 0 ? v : -v);
  A u = 1 + e;
  A rest = u == 1 ? e : MATH(jk_log)(u) * e / (u - 1);
  return (v > 0 ? v : 0) + rest;
}
/* sigmoid(v) and, without cancellation, 1 − sigmoid(v). */
JK_INLINE A NAME(sigmoid_pair)(A v, A *rest) {
  A e = MATH(jk_exp)(v < 0 ? v : -v);
  A large = 1 / (1 + e), small = e * large;
  *rest = v < 0 ? large : small;
  return v < 0 ? small : large;
}
JK_INLINE A NAME(silu_slope)(A v) {
  A rest;
  A s = NAME(sigmoid_pair)(v, &rest);
  return s * (1 + v * rest);
}
JK_INLINE A NAME(tanh_slope)(A v) {
  A t = MATH(jk_tanh)(v);
  return 1 - t * t;
}
JK_INLINE A NAME(sigmoid_slope)(A v) {
  A rest;
  A s = NAME(sigmoid_pair)(v, &rest);
  return s * rest;
}

UNARY(negate, -v)
UNARY(exponential, MATH(jk_exp)(v))
UNARY(logarithm, MATH(jk_log)(v))
UNARY(hyperbolic_tangent, MATH(jk_tanh)(v))
UNARY(sigmoid, NAME(sigmoid_of)(v))
UNARY(gelu, v *MATH(jk_normal_cdf)(v))
UNARY(silu, v *NAME(sigmoid_of)(v))
UNARY(softplus, NAME(softplus_of)(v))
UNARY(square, v *v)
UNARY(square_root, MATH(jk_sqrt)(v))
UNARY(absolute, v < 0 ? -v : v)
UNARY(reciprocal, 1 / v)
UNARY_LOOP(sine, , MATH(jk_sin)(v))
UNARY_LOOP(cosine, , MATH(jk_cos)(v))
UNARY(relu, v < 0 ? (A)0 : v)
UNARY(sign, (A)((v > 0) - (v < 0)))
UNARY(round_down, __builtin_elementwise_floor(v))

GRADIENT(exponential, MATH(jk_exp)(v))
GRADIENT(logarithm, 1 / v)
GRADIENT(hyperbolic_tangent, NAME(tanh_slope)(v))
GRADIENT(sigmoid, NAME(sigmoid_slope)(v))
GRADIENT(gelu, MATH(jk_gelu_slope)(v))
GRADIENT(silu, NAME(silu_slope)(v))
GRADIENT(softplus, NAME(sigmoid_of)(v))
GRADIENT(square, 2 * v)
GRADIENT(square_root, (A)0.5 / MATH(jk_sqrt)(v))
GRADIENT(absolute, (A)((v > 0) - (v < 0)))
GRADIENT(reciprocal, -1 / (v * v))
GRADIENT_LOOP(sine, , MATH(jk_cos)(v))
GRADIENT_LOOP(cosine, , -MATH(jk_sin)(v))
GRADIENT(relu, (A)(v > 0))

static void NAME(unary)(jk_unary_op op, const T *x, T *y, size_t n) {
  switch (op) {
    case JK_NEGATE: NAME(negate)(x, y, n); break;
    case JK_EXP: NAME(exponential)(x, y, n); break;
    case JK_LOG: NAME(logarithm)(x, y, n); break;
    case JK_TANH: NAME(hyperbolic_tangent)(x, y, n); break;
    case JK_SIGMOID: NAME(sigmoid)(x, y, n); break;
    case JK_GELU: NAME(gelu)(x, y, n); break;
    case JK_SILU: NAME(silu)(x, y, n); break;
    case JK_SOFTPLUS: NAME(softplus)(x, y, n); break;
    case JK_SQUARE: NAME(square)(x, y, n); break;
    case JK_SQRT: NAME(square_root)(x, y, n); break;
    case JK_ABS: NAME(absolute)(x, y, n); break;
    case JK_RECIPROCAL: NAME(reciprocal)(x, y, n); break;
    case JK_SIN: NAME(sine)(x, y, n); break;
    case JK_COS: NAME(cosine)(x, y, n); break;
    case JK_RELU: NAME(relu)(x, y, n); break;
    case JK_SIGN: NAME(sign)(x, y, n); break;
    case JK_FLOOR: NAME(round_down)(x, y, n); break;
  }
}

static void NAME(unary_gradient)(jk_unary_op op, const T *x, const T *dy, T *dx, size_t n) {
  switch (op) {
    case JK_EXP: NAME(exponential_gradient)(x, dy, dx, n); break;
    case JK_LOG: NAME(logarithm_gradient)(x, dy, dx, n); break;
    case JK_TANH: NAME(hyperbolic_tangent_gradient)(x, dy, dx, n); break;
    case JK_SIGMOID: NAME(sigmoid_gradient)(x, dy, dx, n); break;
    case JK_GELU: NAME(gelu_gradient)(x, dy, dx, n); break;
    case JK_SILU: NAME(silu_gradient)(x, dy, dx, n); break;
    case JK_SOFTPLUS: NAME(softplus_gradient)(x, dy, dx, n); break;
    case JK_SQUARE: NAME(square_gradient)(x, dy, dx, n); break;
    case JK_SQRT: NAME(square_root_gradient)(x, dy, dx, n); break;
    case JK_ABS: NAME(absolute_gradient)(x, dy, dx, n); break;
    case JK_RECIPROCAL: NAME(reciprocal_gradient)(x, dy, dx, n); break;
    case JK_SIN: NAME(sine_gradient)(x, dy, dx, n); break;
    case JK_COS: NAME(cosine_gradient)(x, dy, dx, n); break;
    case JK_RELU: NAME(relu_gradient)(x, dy, dx, n); break;
    case JK_NEGATE: NAME(negate)(dy, dx, n); break;
    case JK_SIGN:
    case JK_FLOOR: memset(dx, 0, n * sizeof(T)); break;
  }
}

/* Steps are 0 or 1. Three loops, so that each vectorises. */
#define BINARY(f, expression)                                                                  \
  JK_KERNEL(void, NAME(f),                                                                       \
            (const T *a, size_t a_step, const T *b, size_t b_step, T *restrict y, size_t n),     \
            (a, a_step, b, b_step, y, n)) {                                                      \
    if (a_step == 1 && b_step == 1) {                                                          \
      for (size_t i = 0; i < n; i++) {                                                         \
        A u = LOAD(a[i]), v = LOAD(b[i]);                                                      \
        y[i] = STORE((A)(expression));                                                         \
      }                                                                                        \
    } else if (a_step == 1) {                                                                  \
      A v = LOAD(b[0]);                                                                        \
      for (size_t i = 0; i < n; i++) {                                                         \
        A u = LOAD(a[i]);                                                                      \
        y[i] = STORE((A)(expression));                                                         \
      }                                                                                        \
    } else {                                                                                   \
      A u = LOAD(a[0]);                                                                        \
      for (size_t i = 0; i < n; i++) {                                                         \
        A v = LOAD(b[i * b_step]);                                                             \
        y[i] = STORE((A)(expression));                                                         \
      }                                                                                        \
    }                                                                                          \
  }

BINARY(add, u + v)
BINARY(subtract, u - v)
BINARY(multiply, u *v)
BINARY(divide, u / v)
/* A NaN on either side stays. */
BINARY(larger, u > v || u != u ? u : v)
BINARY(smaller, u < v || u != u ? u : v)
BINARY(is_less, (A)(u < v))
BINARY(is_greater, (A)(u > v))
BINARY(is_equal, (A)(u == v))

static void NAME(binary)(jk_binary_op op, const T *a, size_t a_step, const T *b, size_t b_step,
                         T *y, size_t n) {
  switch (op) {
    case JK_ADD: NAME(add)(a, a_step, b, b_step, y, n); break;
    case JK_SUBTRACT: NAME(subtract)(a, a_step, b, b_step, y, n); break;
    case JK_MULTIPLY: NAME(multiply)(a, a_step, b, b_step, y, n); break;
    case JK_DIVIDE: NAME(divide)(a, a_step, b, b_step, y, n); break;
    case JK_MAXIMUM: NAME(larger)(a, a_step, b, b_step, y, n); break;
    case JK_MINIMUM: NAME(smaller)(a, a_step, b, b_step, y, n); break;
    case JK_LESS: NAME(is_less)(a, a_step, b, b_step, y, n); break;
    case JK_GREATER: NAME(is_greater)(a, a_step, b, b_step, y, n); break;
    case JK_EQUAL: NAME(is_equal)(a, a_step, b, b_step, y, n); break;
  }
}

JK_KERNEL(void, NAME(affine),
          (A scale, A shift, const T *restrict x, T *restrict y, size_t n),
          (scale, shift, x, y, n)) {
  for (size_t i = 0; i < n; i++) y[i] = STORE((A)(scale * LOAD(x[i]) + shift));
}

JK_KERNEL(void, NAME(fill), (A value, T *y, size_t n), (value, y, n)) {
  T stored = STORE(value);
  for (size_t i = 0; i < n; i++) y[i] = stored;
}

JK_KERNEL(void, NAME(smooth_l1),
          (const T *restrict x, const T *restrict t, A beta, T *restrict y, size_t n),
          (x, t, beta, y, n)) {
  for (size_t i = 0; i < n; i++) {
    A d = LOAD(x[i]) - LOAD(t[i]);
    A a = d < 0 ? -d : d;
    y[i] = STORE((A)(a < beta ? (A)0.5 * d * d / beta : a - (A)0.5 * beta));
  }
}

JK_KERNEL(void, NAME(smooth_l1_gradient),
          (const T *restrict x, const T *restrict t, A beta, const T *restrict dy, T *restrict dx,
           size_t n),
          (x, t, beta, dy, dx, n)) {
  for (size_t i = 0; i < n; i++) {
    A d = LOAD(x[i]) - LOAD(t[i]);
    A slope = d / beta;
    slope = slope > 1 ? 1 : slope;
    slope = slope < -1 ? -1 : slope;
    dx[i] = STORE((A)(LOAD(dy[i]) * slope));
  }
}

#undef UNARY
#undef UNARY_LOOP
#undef GRADIENT
#undef GRADIENT_LOOP
#undef BINARY
