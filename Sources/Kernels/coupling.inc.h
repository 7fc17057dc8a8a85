/* Affine couplings for one type of parameters; see types.h and CJEPACoupling.h. */
#include "types.h"

#define LANES 64

#if JK_TYPE != 16
JK_KERNEL(void, NAME(coupling_input),
          (const A *restrict x, const int32_t *restrict columns, size_t count, A bound,
           A *restrict y, size_t rows, size_t stride),
          (x, columns, count, bound, y, rows, stride)) {
  A steep = 1 / bound;
  for (size_t r = 0; r < rows; r++, x += stride, y += count) {
    for (size_t j = 0; j < count; j++) {
      A v = x[columns[j]], u = v * steep;
      y[j] = v / MATH(jk_sqrt)(1 + u * u);
    }
  }
}

JK_KERNEL(void, NAME(coupling_input_gradient),
          (const A *restrict x, const A *restrict dy, const int32_t *restrict columns, size_t count,
           A bound, A *restrict dx, size_t rows, size_t stride),
          (x, dy, columns, count, bound, dx, rows, stride)) {
  A steep = 1 / bound;
  for (size_t r = 0; r < rows; r++, x += stride, dx += stride, dy += count) {
    memset(dx, 0, stride * sizeof(A));
    for (size_t j = 0; j < count; j++) {
      A u = x[columns[j]] * steep, w = 1 / (1 + u * u);
      dx[columns[j]] = dy[j] * w * MATH(jk_sqrt)(w);
    }
  }
}
#endif

JK_KERNEL(void, NAME(affine_coupling),
          (const A *restrict x, const T *restrict raw, size_t raw_rows,
           const int32_t *restrict columns, size_t count, A bound, int inverse, A *restrict y,
           size_t rows, size_t stride),
          (x, raw, raw_rows, columns, count, bound, inverse, y, rows, stride)) {
#pragma clang fp reassociate(on)
  A steep = 1 / bound, v[LANES];
  for (size_t r = 0; r < rows; r++, x += stride, y += stride) {
    const T *scale = raw + r % raw_rows * 2 * count, *shift = scale + count;
    A total = 0;
    memcpy(y, x, stride * sizeof(A));
    for (size_t start = 0; start < count; start += LANES, scale += LANES, shift += LANES) {
      size_t n = count - start < LANES ? count - start : LANES;
      for (size_t i = 0; i < n; i++) v[i] = x[columns[start + i]];
      if (inverse) {
        for (size_t i = 0; i < n; i++) {
          A a = LOAD(scale[i]), s = a / (1 + MATH(jk_abs)(a) * steep);
          v[i] = (v[i] - LOAD(shift[i])) * MATH(jk_exp)(-s);
          total -= s;
        }
      } else {
        for (size_t i = 0; i < n; i++) {
          A a = LOAD(scale[i]), s = a / (1 + MATH(jk_abs)(a) * steep);
          v[i] = v[i] * MATH(jk_exp)(s) + LOAD(shift[i]);
          total += s;
        }
      }
      for (size_t i = 0; i < n; i++) y[columns[start + i]] = v[i];
    }
    y[stride - 1] += total;
  }
}

JK_KERNEL(void, NAME(affine_coupling_gradient),
          (const A *restrict x, const T *restrict raw, const A *restrict dy,
           const int32_t *restrict columns, size_t count, A bound, A *restrict dx, T *restrict draw,
           size_t rows, size_t stride),
          (x, raw, dy, columns, count, bound, dx, draw, rows, stride)) {
  A steep = 1 / bound, v[LANES], g[LANES];
  for (size_t r = 0; r < rows; r++, x += stride, dx += stride, dy += stride) {
    const T *scale = raw + r * 2 * count;
    T *dscale = draw + r * 2 * count, *dshift = dscale + count;
    A dlog = dy[stride - 1];
    memcpy(dx, dy, stride * sizeof(A));
    for (size_t start = 0; start < count; start += LANES) {
      size_t n = count - start < LANES ? count - start : LANES;
      for (size_t i = 0; i < n; i++) v[i] = x[columns[start + i]];
      for (size_t i = 0; i < n; i++) g[i] = dy[columns[start + i]];
      for (size_t i = 0; i < n; i++) {
        A a = LOAD(scale[start + i]), w = 1 / (1 + MATH(jk_abs)(a) * steep);
        A through = g[i] * MATH(jk_exp)(a * w);
        dscale[start + i] = STORE((A)((through * v[i] + dlog) * w * w));
        dshift[start + i] = STORE(g[i]);
        v[i] = through;
      }
      for (size_t i = 0; i < n; i++) dx[columns[start + i]] = v[i];
    }
  }
}

#undef LANES
