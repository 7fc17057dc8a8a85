/* Draws from Gaussian mixtures of single coordinates for one type; see types.h. Columns are taken in
 * blocks, whose running sums stay in registers or first-level cache. */
#include "types.h"

#define BLOCK 64

JK_KERNEL(void, NAME(coordinate_draw),
          (const T *restrict weights, const T *restrict means, const T *restrict scales,
           const T *restrict uniform, const T *restrict normal, T *restrict y, size_t components,
           size_t n, size_t width),
          (weights, means, scales, uniform, normal, y, components, n, width)) {
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

#undef BLOCK
