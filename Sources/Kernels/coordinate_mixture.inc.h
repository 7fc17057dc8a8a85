/* Mixtures of location-scale components for one type; see types.h. Lanes are padded to WIDTH, so that
 * every arithmetic loop has a constant length and vectorises whole. */
#include "types.h"

#undef WIDTH
#define WIDTH 32

/* log s = log(eʳᵃʷ + floor) without overflow; also 1/s and d log s / d raw. */
JK_INLINE A NAME(log_scale)(A raw, A log_floor, A inverse_floor, A *inverse, A *slope) {
  A d = raw - log_floor;
  A e = MATH(jk_exp)(d < 0 ? d : -d);
  A rest = 1 / (1 + e);
  *inverse = (d < 0 ? (A)1 : e) * rest * inverse_floor;
  *slope = d < 0 ? e * rest : rest;
  return (d < 0 ? log_floor : raw) + MATH(jk_log)(1 + e);
}

/* log f(z) of the standard component and its slope. */
JK_INLINE A NAME(log_component)(const jk_component component, A z, A *slope) {
  A a = z < 0 ? -z : z;
  if (component == JK_GAUSSIAN) {
    *slope = -z;
    return (A)-0.5 * z * z - (A)0.91893853320467274178;
  }
  if (component == JK_LAPLACE) {
    *slope = (A)((z < 0) - (z > 0));
    return -a - (A)0.69314718055994530942;
  }
  A e = MATH(jk_exp)(-a);
  A s = (1 - e) / (1 + e);
  *slope = z < 0 ? s : -s;
  return -a - 2 * MATH(jk_log)(1 + e);
}

/* (largest, sum) ← log-sum-exp in running form, with one exponential per term. */
JK_INLINE void NAME(add_exponential)(A t, A *largest, A *sum) {
  A d = t - *largest;
  A e = MATH(jk_exp)(d < 0 ? d : -d);
  *sum = d > 0 ? *sum * e + 1 : *sum + e;
  *largest = d > 0 ? t : *largest;
}

JK_INLINE void NAME(load_lanes)(const T *restrict x, A *restrict lanes, size_t count) {
  for (size_t i = 0; i < count; i++) lanes[i] = LOAD(x[i]);
}

JK_INLINE void NAME(density_of)(const jk_component component, const T *restrict p,
                                const A *restrict y, A log_floor, A inverse_floor,
                                A *restrict density, A *restrict total, A *restrict norm,
                                size_t rows, size_t components, size_t n) {
  for (size_t r = 0; r < rows; r++, p += 3 * components * n) {
    for (size_t c = 0; c < n; c += WIDTH) {
      size_t width = n - c < WIDTH ? n - c : WIDTH;
      A target[WIDTH] = {0}, logit[WIDTH] = {0}, mean[WIDTH] = {0}, raw[WIDTH] = {0};
      A largest[WIDTH], sum[WIDTH], logit_largest[WIDTH], logit_sum[WIDTH];
      memcpy(target, y + r * n + c, width * sizeof(A));
      for (size_t i = 0; i < WIDTH; i++) {
        largest[i] = logit_largest[i] = (A)-INFINITY;
        sum[i] = logit_sum[i] = 0;
      }
      for (size_t k = 0; k < components; k++) {
        const T *line = p + k * n + c;
        NAME(load_lanes)(line, logit, width);
        NAME(load_lanes)(line + components * n, mean, width);
        NAME(load_lanes)(line + 2 * components * n, raw, width);
        for (size_t i = 0; i < WIDTH; i++) {
          A inverse, slope;
          A scale = NAME(log_scale)(raw[i], log_floor, inverse_floor, &inverse, &slope);
          A f = NAME(log_component)(component, (target[i] - mean[i]) * inverse, &slope);
          NAME(add_exponential)(logit[i] + f - scale, &largest[i], &sum[i]);
          NAME(add_exponential)(logit[i], &logit_largest[i], &logit_sum[i]);
        }
      }
      for (size_t i = 0; i < WIDTH; i++) {
        largest[i] += MATH(jk_log)(sum[i]);
        logit_largest[i] += MATH(jk_log)(logit_sum[i]);
        sum[i] = largest[i] - logit_largest[i];
      }
      memcpy(density + r * n + c, sum, width * sizeof(A));
      memcpy(total + r * n + c, largest, width * sizeof(A));
      memcpy(norm + r * n + c, logit_largest, width * sizeof(A));
    }
  }
}

JK_INLINE void NAME(density_gradient_of)(const jk_component component, const T *restrict p,
                                         const A *restrict y, A log_floor, A inverse_floor,
                                         const A *restrict total, const A *restrict norm,
                                         const A *restrict upstream, T *restrict dp,
                                         A *restrict dy, size_t rows, size_t components,
                                         size_t n) {
  size_t plane = components * n;
  for (size_t r = 0; r < rows; r++, p += 3 * plane, dp += 3 * plane) {
    for (size_t c = 0; c < n; c += WIDTH) {
      size_t width = n - c < WIDTH ? n - c : WIDTH, start = r * n + c;
      A target[WIDTH] = {0}, logit[WIDTH] = {0}, mean[WIDTH] = {0}, raw[WIDTH] = {0};
      A all[WIDTH] = {0}, prior[WIDTH] = {0}, g[WIDTH] = {0}, pull[WIDTH] = {0};
      memcpy(target, y + start, width * sizeof(A));
      memcpy(all, total + start, width * sizeof(A));
      memcpy(prior, norm + start, width * sizeof(A));
      memcpy(g, upstream + start, width * sizeof(A));
      for (size_t k = 0; k < components; k++) {
        const T *line = p + k * n + c;
        T *out = dp + k * n + c;
        NAME(load_lanes)(line, logit, width);
        NAME(load_lanes)(line + plane, mean, width);
        NAME(load_lanes)(line + 2 * plane, raw, width);
        for (size_t i = 0; i < WIDTH; i++) {
          A inverse, raw_slope, slope;
          A scale = NAME(log_scale)(raw[i], log_floor, inverse_floor, &inverse, &raw_slope);
          A z = (target[i] - mean[i]) * inverse;
          A f = NAME(log_component)(component, z, &slope);
          /* Never above 0 but for rounding, which far from all components is large. */
          A t = logit[i] + f - scale - all[i];
          A share = g[i] * MATH(jk_exp)(t > 0 ? (A)0 : t);
          A force = share * slope;
          pull[i] += force * inverse;
          logit[i] = share - g[i] * MATH(jk_exp)(logit[i] - prior[i]);
          mean[i] = -force * inverse;
          raw[i] = -(share + force * z) * raw_slope;
        }
        for (size_t i = 0; i < width; i++) out[i] = STORE(logit[i]);
        for (size_t i = 0; i < width; i++) out[plane + i] = STORE(mean[i]);
        for (size_t i = 0; i < width; i++) out[2 * plane + i] = STORE(raw[i]);
      }
      if (dy) memcpy(dy + start, pull, width * sizeof(A));
    }
  }
}

#define COMPONENT(f, component)                                                                  \
  JK_KERNEL(void, NAME(density_##f),                                                             \
            (const T *p, const A *y, A log_floor, A inverse_floor, A *density, A *total,         \
             A *norm, size_t rows, size_t k, size_t n),                                          \
            (p, y, log_floor, inverse_floor, density, total, norm, rows, k, n)) {                \
    NAME(density_of)                                                                             \
    (component, p, y, log_floor, inverse_floor, density, total, norm, rows, k, n);               \
  }                                                                                              \
  JK_KERNEL(void, NAME(gradient_##f),                                                            \
            (const T *p, const A *y, A log_floor, A inverse_floor, const A *total,               \
             const A *norm, const A *upstream, T *dp, A *dy, size_t rows, size_t k, size_t n),   \
            (p, y, log_floor, inverse_floor, total, norm, upstream, dp, dy, rows, k, n)) {       \
    NAME(density_gradient_of)                                                                    \
    (component, p, y, log_floor, inverse_floor, total, norm, upstream, dp, dy, rows, k, n);      \
  }

COMPONENT(gaussian, JK_GAUSSIAN)
COMPONENT(logistic, JK_LOGISTIC)
COMPONENT(laplace, JK_LAPLACE)
#undef COMPONENT

static void NAME(mixture_density)(jk_component component, const T *p, const A *y, double floor,
                                  A *density, A *total, A *norm, size_t rows, size_t k,
                                  size_t n) {
  A low = (A)log(floor), inverse = (A)(1 / floor);
  switch (component) {
    case JK_GAUSSIAN:
      NAME(density_gaussian)(p, y, low, inverse, density, total, norm, rows, k, n);
      break;
    case JK_LOGISTIC:
      NAME(density_logistic)(p, y, low, inverse, density, total, norm, rows, k, n);
      break;
    case JK_LAPLACE:
      NAME(density_laplace)(p, y, low, inverse, density, total, norm, rows, k, n);
      break;
  }
}

static void NAME(mixture_gradient)(jk_component component, const T *p, const A *y, double floor,
                                   const A *total, const A *norm, const A *upstream, T *dp,
                                   A *dy, size_t rows, size_t k, size_t n) {
  A low = (A)log(floor), inverse = (A)(1 / floor);
  switch (component) {
    case JK_GAUSSIAN:
      NAME(gradient_gaussian)(p, y, low, inverse, total, norm, upstream, dp, dy, rows, k, n);
      break;
    case JK_LOGISTIC:
      NAME(gradient_logistic)(p, y, low, inverse, total, norm, upstream, dp, dy, rows, k, n);
      break;
    case JK_LAPLACE:
      NAME(gradient_laplace)(p, y, low, inverse, total, norm, upstream, dp, dy, rows, k, n);
      break;
  }
}
