#include "CJEPAKernels.h"
#include "scalar_math.h"

#define JK_TYPE 32
#include "coordinate_mixture.inc.h"
#include "columns.inc.h"
#undef JK_TYPE
#define JK_TYPE 16
#include "coordinate_mixture.inc.h"
#undef JK_TYPE
#define JK_TYPE 64
#include "coordinate_mixture.inc.h"
#include "columns.inc.h"
#undef JK_TYPE

void jk_mixture_density(jk_component component, jk_dtype dtype, const void *p, const void *y,
                        double floor, void *density, void *total, void *norm, size_t rows,
                        size_t k, size_t n) {
  switch (dtype) {
    case JK_FLOAT32:
      mixture_density_f32(component, p, y, floor, density, total, norm, rows, k, n);
      break;
    case JK_BFLOAT16:
      mixture_density_bf16(component, p, y, floor, density, total, norm, rows, k, n);
      break;
    case JK_FLOAT64:
      mixture_density_f64(component, p, y, floor, density, total, norm, rows, k, n);
      break;
  }
}

void jk_mixture_density_gradient(jk_component component, jk_dtype dtype, const void *p,
                                 const void *y, double floor, const void *total,
                                 const void *norm, const void *upstream, void *dp, void *dy,
                                 size_t rows, size_t k, size_t n) {
  switch (dtype) {
    case JK_FLOAT32:
      mixture_gradient_f32(component, p, y, floor, total, norm, upstream, dp, dy, rows, k, n);
      break;
    case JK_BFLOAT16:
      mixture_gradient_bf16(component, p, y, floor, total, norm, upstream, dp, dy, rows, k, n);
      break;
    case JK_FLOAT64:
      mixture_gradient_f64(component, p, y, floor, total, norm, upstream, dp, dy, rows, k, n);
      break;
  }
}

void jk_mixture_draw(jk_component component, jk_dtype dtype, const void *p, const void *pick,
                     const void *level, const void *shift, double floor, void *y, void *mean,
                     size_t k, size_t n) {
  if (dtype == JK_FLOAT64)
    mixture_draw_f64(component, p, pick, level, shift, floor, y, mean, k, n);
  else
    mixture_draw_f32(component, p, pick, level, shift, (float)floor, y, mean, k, n);
}

void jk_prefix_product(jk_dtype dtype, const void *w, size_t stride, const void *bias,
                       const void *x, void *y, size_t rows, size_t depth, size_t columns) {
  if (dtype == JK_FLOAT64)
    prefix_product_f64(w, stride, bias, x, y, rows, depth, columns);
  else
    prefix_product_f32(w, stride, bias, x, y, rows, depth, columns);
}

JK_INLINE void philox(uint64_t key, uint64_t counter, uint32_t word[4]) {
  word[0] = (uint32_t)counter;
  word[1] = (uint32_t)(counter >> 32);
  word[2] = word[3] = 0;
  uint32_t key0 = (uint32_t)key, key1 = (uint32_t)(key >> 32);
  for (int round = 0; round < 10; round++) {
    uint64_t product0 = (uint64_t)word[0] * 0xD2511F53u;
    uint64_t product1 = (uint64_t)word[2] * 0xCD9E8D57u;
    uint32_t next0 = (uint32_t)(product1 >> 32) ^ word[1] ^ key0;
    uint32_t next2 = (uint32_t)(product0 >> 32) ^ word[3] ^ key1;
    word[1] = (uint32_t)product1;
    word[3] = (uint32_t)product0;
    word[0] = next0;
    word[2] = next2;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

JK_KERNEL(void, open_uniform_f32,
          (uint64_t key, uint64_t block, float *y, size_t n),
          (key, block, y, n)) {
  for (size_t i = 0; i < n / 4; i++) {
    uint32_t word[4];
    philox(key, block + i, word);
    for (int j = 0; j < 4; j++) y[4 * i + j] = ((float)(word[j] >> 9) + 0.5f) * 0x1p-23f;
  }
}

JK_KERNEL(void, open_uniform_f64,
          (uint64_t key, uint64_t block, double *y, size_t n),
          (key, block, y, n)) {
  for (size_t i = 0; i < n / 4; i++) {
    uint32_t word[4];
    philox(key, block + i, word);
    for (int j = 0; j < 4; j++) y[4 * i + j] = ((double)word[j] + 0.5) * 0x1p-32;
  }
}

void jk_open_uniform(jk_dtype dtype, uint64_t key, uint64_t first, void *y, size_t n) {
  if (dtype == JK_FLOAT64)
    open_uniform_f64(key, first / 4, y, n);
  else
    open_uniform_f32(key, first / 4, y, n);
}
