#include "CJEPAKernels.h"
#include "scalar_math.h"

/* Single loads: the tables' entries lie scattered. */

void jk_lookup(const void *table, const void *x, void *y, size_t n) {
  const uint16_t *restrict entries = table, *restrict from = x;
  uint16_t *restrict to = y;
#pragma clang loop vectorize(disable) unroll_count(8)
  for (size_t i = 0; i < n; i++) to[i] = entries[from[i]];
}

JK_KERNEL(void, lookup_product,
          (const float *restrict slopes, const uint16_t *restrict x, const uint16_t *restrict dy,
           uint16_t *restrict dx, size_t n),
          (slopes, x, dy, dx, n)) {
  float slope[64];
  size_t i = 0;
  for (; i + 64 <= n; i += 64) {
#pragma clang loop vectorize(disable) unroll_count(8)
    for (size_t k = 0; k < 64; k++) slope[k] = slopes[x[i + k]];
    for (size_t k = 0; k < 64; k++)
      dx[i + k] = jk_store_bf16(jk_load_bf16(dy[i + k]) * slope[k]);
  }
  for (; i < n; i++) dx[i] = jk_store_bf16(jk_load_bf16(dy[i]) * slopes[x[i]]);
}

void jk_lookup_product(const void *slopes, const void *x, const void *dy, void *dx, size_t n) {
  lookup_product(slopes, x, dy, dx, n);
}
