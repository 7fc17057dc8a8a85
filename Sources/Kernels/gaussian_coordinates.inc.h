/* Gaussian mixtures of single coordinates for one type; see types.h. Needs soft_floor. Columns are
 * taken in blocks, whose running maxima and sums stay in registers or first-level cache. */
#include "types.h"

#define BLOCK 64

JK_INLINE A NAME(coordinate_log_normal)(A y, A mean, A raw, A floor, A *z, A *inverse, A *share) {
  A s = NAME(soft_floor)(raw, floor, share);
  *inverse = MATH(jk_exp)(-s);
  *z = (y - mean) * *inverse;
  return (A)-0.5 * *z * *z - s - (A)JK_HALF_LOG_2_PI;
}

/* log Σ exp as it runs: the sum so far is total · exp(largest). */
JK_INLINE void NAME(log_sum_step)(A v, A *largest, A *total) {
  A gap = v - *largest;
  A e = MATH(jk_exp)(gap < 0 ? gap : -gap);
  *total = gap < 0 ? *total + e : *total * e + 1;
  *largest = gap < 0 ? *largest : v;
}

JK_CLONES static void NAME(coordinate_totals)(const A *restrict y, const T *restrict logits,
                                              const T *restrict means, const T *restrict raw,
                                              A floor, A *restrict with, A *restrict without,
                                              size_t components, size_t n, size_t width) {
  A largest[2][BLOCK], total[2][BLOCK];
  for (size_t i = 0; i < width; i++) {
    A z, inverse, share, a = LOAD(logits[i]);
    largest[0][i] = a + NAME(coordinate_log_normal)(y[i], LOAD(means[i]), LOAD(raw[i]), floor, &z,
                                                    &inverse, &share);
    largest[1][i] = a;
    total[0][i] = total[1][i] = 1;
  }
  for (size_t k = 1; k < components; k++) {
    const T *restrict l = logits + k * n, *restrict m = means + k * n, *restrict s = raw + k * n;
    for (size_t i = 0; i < width; i++) {
      A z, inverse, share, a = LOAD(l[i]);
      A v = a + NAME(coordinate_log_normal)(y[i], LOAD(m[i]), LOAD(s[i]), floor, &z, &inverse,
                                            &share);
      NAME(log_sum_step)(v, &largest[0][i], &total[0][i]);
      NAME(log_sum_step)(a, &largest[1][i], &total[1][i]);
    }
  }
  for (size_t i = 0; i < width; i++) {
    with[i] = largest[0][i] + MATH(jk_log)(total[0][i]);
    without[i] = largest[1][i] + MATH(jk_log)(total[1][i]);
  }
}

static void NAME(gaussian_coordinates)(const A *y, const T *logits, const T *means, const T *raw,
                                       A floor, A *totals, A *density, size_t rows,
                                       size_t components, size_t n) {
  for (size_t r = 0; r < rows; r++) {
    const A *line = y + r * n;
    A *with = totals + 2 * r * n, *without = with + n;
    size_t at = r * components * n;
    for (size_t c = 0; c < n; c += BLOCK)
      NAME(coordinate_totals)(line + c, logits + at + c, means + at + c, raw + at + c, floor,
                              with + c, without + c, components, n, n - c < BLOCK ? n - c : BLOCK);
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)(with[i] - without[i]);
    density[r] = (A)sum;
  }
}

JK_CLONES static void NAME(coordinate_slopes)(const A *restrict y, const T *restrict logits,
                                              const T *restrict means, const T *restrict raw,
                                              A floor, const A *restrict with,
                                              const A *restrict without, A g, T *restrict dlogits,
                                              T *restrict dmeans, T *restrict draw, size_t n) {
  for (size_t i = 0; i < n; i++) {
    A z, inverse, share, a = LOAD(logits[i]);
    A v = a + NAME(coordinate_log_normal)(y[i], LOAD(means[i]), LOAD(raw[i]), floor, &z, &inverse,
                                          &share);
    A posterior = MATH(jk_exp)(v - with[i]), prior = MATH(jk_exp)(a - without[i]);
    dlogits[i] = STORE((A)(g * (posterior - prior)));
    dmeans[i] = STORE((A)(g * posterior * z * inverse));
    draw[i] = STORE((A)(g * posterior * (z * z - 1) * share));
  }
}

static void NAME(gaussian_coordinates_gradient)(const A *y, const T *logits, const T *means,
                                                const T *raw, A floor, const A *totals,
                                                const A *upstream, T *dlogits, T *dmeans, T *draw,
                                                size_t rows, size_t components, size_t n) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t k = 0; k < components; k++) {
      size_t at = (r * components + k) * n;
      NAME(coordinate_slopes)(y + r * n, logits + at, means + at, raw + at, floor,
                              totals + 2 * r * n, totals + (2 * r + 1) * n, upstream[r],
                              dlogits + at, dmeans + at, draw + at, n);
    }
  }
}

#if JK_TYPE != 16
JK_CLONES static void NAME(coordinate_draw)(const T *restrict weights, const T *restrict means,
                                            const T *restrict scales, const T *restrict uniform,
                                            const T *restrict normal, T *restrict y,
                                            size_t components, size_t n, size_t width) {
  T start[BLOCK] = {0}, mean[BLOCK], scale[BLOCK];
  for (size_t i = 0; i < width; i++) {
    mean[i] = means[i];
    scale[i] = scales[i];
  }
  for (size_t k = 0; k < components; k++) {
    size_t at = k * n;
    for (size_t i = 0; i < width; i++) {
      int here = (uniform[i] >= start[i]) & (weights[at + i] > 0);
      mean[i] = here ? means[at + i] : mean[i];
      scale[i] = here ? scales[at + i] : scale[i];
      start[i] += weights[at + i];
    }
  }
  for (size_t i = 0; i < width; i++) y[i] = mean[i] + scale[i] * normal[i];
}

static void NAME(gaussian_coordinates_draw)(const T *weights, const T *means, const T *scales,
                                            const int32_t *chosen, const T *uniform,
                                            const T *normal, T *y, size_t count, size_t components,
                                            size_t n) {
  for (size_t i = 0; i < count; i++) {
    size_t at = (size_t)chosen[i] * components * n;
    for (size_t c = 0; c < n; c += BLOCK)
      NAME(coordinate_draw)(weights + at + c, means + at + c, scales + at + c, uniform + i * n + c,
                            normal + i * n + c, y + i * n + c, components, n,
                            n - c < BLOCK ? n - c : BLOCK);
  }
}
#endif

#undef BLOCK
