/* Draws and prefix products over columns, for float32 and float64; see types.h. */
#include "types.h"

#undef LANES
#undef V
#define LANES (64 / sizeof(A))
#define V NAME(jk_columns)
typedef A V __attribute__((vector_size(64), aligned(sizeof(A))));

/* ROWS rows of y in VECTORS vectors of columns. */
#define PREFIX_TILE(ROWS, VECTORS)                                                            \
  for (; j + VECTORS * LANES <= columns; j += VECTORS * LANES) {                              \
    V sum[ROWS][VECTORS];                                                                     \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++)                         \
      _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++)                    \
        sum[r][v] = (V){0} + (bias ? bias[i + (size_t)r] : (A)0);                             \
    for (size_t k = 0; k < depth; k++) {                                                      \
      const A *line = x + k * columns + j;                                                    \
      V right[VECTORS];                                                                       \
      _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++)                    \
        right[v] = *(const V *)(line + v * LANES);                                            \
      _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) {                     \
        A left = w[(i + (size_t)r) * stride + k];                                             \
        _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++)                  \
          sum[r][v] += left * right[v];                                                       \
      }                                                                                       \
    }                                                                                         \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++)                         \
      _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++)                    \
        *(V *)(y + (i + (size_t)r) * columns + j + v * LANES) = sum[r][v];                    \
  }

/* Few rows at a time get many columns, so that as many sums run at once. */
JK_KERNEL(void, NAME(prefix_product),
          (const A *restrict w, size_t stride, const A *restrict bias, const A *restrict x,
           A *restrict y, size_t rows, size_t depth, size_t columns),
          (w, stride, bias, x, y, rows, depth, columns)) {
  size_t i = 0;
  for (; i + 8 <= rows; i += 8) {
    size_t j = 0;
    PREFIX_TILE(8, 2)
  }
  for (; i + 4 <= rows; i += 4) {
    size_t j = 0;
    PREFIX_TILE(4, 4)
    PREFIX_TILE(4, 2)
  }
  for (; i + 2 <= rows; i += 2) {
    size_t j = 0;
    PREFIX_TILE(2, 8)
    PREFIX_TILE(2, 2)
  }
  for (; i < rows; i++) {
    size_t j = 0;
    PREFIX_TILE(1, 8)
    PREFIX_TILE(1, 2)
  }
}
#undef PREFIX_TILE

/* The x with Φ(x) = u: PPND7 of Wichura, "The percentage points of the normal distribution", Applied
 * Statistics 37 (1988), algorithm AS 241, whose third range lies beyond the u given here. Relative
 * error 1e-7. */
JK_INLINE A NAME(normal_quantile)(A u) {
  A q = u - (A)0.5;
  A r = (A)0.180625 - q * q;
  A numerator = (A)59.109374720 * r + (A)159.29113202;
  numerator = (numerator * r + (A)50.434271938) * r + (A)3.3871327179;
  A denominator = (A)67.187563600 * r + (A)78.757757664;
  denominator = (denominator * r + (A)17.895169469) * r + 1;
  A near = q * numerator / denominator;
  A tail = MATH(jk_sqrt)(-MATH(jk_log)(q < 0 ? u : 1 - u)) - (A)1.6;
  numerator = (A)0.17023821103 * tail + (A)1.3067284816;
  numerator = (numerator * tail + (A)2.7568153900) * tail + (A)1.4234372777;
  denominator = ((A)0.12021132975 * tail + (A)0.73700164250) * tail + 1;
  A far = numerator / denominator;
  far = q < 0 ? -far : far;
  return (q < 0 ? -q : q) <= (A)0.425 ? near : far;
}

JK_INLINE A NAME(component_quantile)(const jk_component component, A u) {
  if (component == JK_GAUSSIAN) return NAME(normal_quantile)(u);
  if (component == JK_LOGISTIC) return MATH(jk_log)(u) - MATH(jk_log)(1 - u);
  A tail = MATH(jk_log)(2 * (u < (A)0.5 ? u : 1 - u));
  return u < (A)0.5 ? tail : -tail;
}

JK_INLINE void NAME(draw_of)(const jk_component component, const A *restrict p,
                             const A *restrict pick, const A *restrict level,
                             const A *restrict shift, A floor, A *restrict y, A *restrict mean,
                             size_t components, size_t n) {
  size_t plane = components * n;
  for (size_t c = 0; c < n; c += 32) {
    size_t width = n - c < 32 ? n - c : 32;
    A largest[32], sum[32], goal[32], centre[32], raw[32], average[32], reached[32];
    for (size_t i = 0; i < width; i++) largest[i] = p[c + i];
    for (size_t k = 1; k < components; k++)
      for (size_t i = 0; i < width; i++) {
        A v = p[k * n + c + i];
        largest[i] = v > largest[i] ? v : largest[i];
      }
    for (size_t i = 0; i < width; i++) sum[i] = average[i] = reached[i] = centre[i] = raw[i] = 0;
    for (size_t k = 0; k < components; k++)
      for (size_t i = 0; i < width; i++) {
        A e = MATH(jk_exp)(p[k * n + c + i] - largest[i]);
        sum[i] += e;
        average[i] += e * p[plane + k * n + c + i];
      }
    for (size_t i = 0; i < width; i++) goal[i] = pick[c + i] * sum[i];
    /* The last component whose predecessors' weights do not reach the goal. */
    for (size_t k = 0; k < components; k++)
      for (size_t i = 0; i < width; i++) {
        const A *at = p + k * n + c + i;
        A e = MATH(jk_exp)(at[0] - largest[i]);
        int chosen = reached[i] <= goal[i] && e > 0;
        centre[i] = chosen ? at[plane] : centre[i];
        raw[i] = chosen ? at[2 * plane] : raw[i];
        reached[i] += e;
      }
    for (size_t i = 0; i < width; i++) {
      A scale = MATH(jk_exp)(raw[i]) + floor;
      A z = NAME(component_quantile)(component, level[c + i]);
      A offset = shift ? shift[c + i] : 0;
      y[c + i] = centre[i] + scale * z + offset;
      if (mean) mean[c + i] = average[i] / sum[i] + offset;
    }
  }
}

#define COMPONENT(f, component)                                                                 \
  JK_KERNEL(void, NAME(draw_##f),                                                                \
            (const A *p, const A *pick, const A *level, const A *shift, A floor, A *y, A *mean,  \
             size_t k, size_t n),                                                                \
            (p, pick, level, shift, floor, y, mean, k, n)) {                                     \
    NAME(draw_of)(component, p, pick, level, shift, floor, y, mean, k, n);                      \
  }

COMPONENT(gaussian, JK_GAUSSIAN)
COMPONENT(logistic, JK_LOGISTIC)
COMPONENT(laplace, JK_LAPLACE)
#undef COMPONENT

static void NAME(mixture_draw)(jk_component component, const A *p, const A *pick, const A *level,
                               const A *shift, A floor, A *y, A *mean, size_t k, size_t n) {
  switch (component) {
    case JK_GAUSSIAN: NAME(draw_gaussian)(p, pick, level, shift, floor, y, mean, k, n); break;
    case JK_LOGISTIC: NAME(draw_logistic)(p, pick, level, shift, floor, y, mean, k, n); break;
    case JK_LAPLACE: NAME(draw_laplace)(p, pick, level, shift, floor, y, mean, k, n); break;
  }
}
