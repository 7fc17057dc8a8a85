/* Adaptive layer normalisation for one type; see types.h. The stream h and the modulations are in the
 * computed type A, what goes through matrix products is in the stored type T. */
#include "types.h"

JK_KERNEL(void, NAME(modulate),
          (const A *restrict x, const A *restrict context, size_t copies, const A *restrict time,
           const int32_t *rows, size_t stride, A epsilon, T *restrict y, A *restrict mean,
           A *restrict rstd, size_t count, size_t n),
          (x, context, copies, time, rows, stride, epsilon, y, mean, rstd, count, n)) {
#pragma clang fp reassociate(on)
  for (size_t r = 0; r < count; r++, x += n, y += n) {
    A total = 0, squares = 0;
    for (size_t j = 0; j < n; j++) total += x[j];
    A m = total / (A)n;
    for (size_t j = 0; j < n; j++) squares += (x[j] - m) * (x[j] - m);
    A s = 1 / MATH(jk_sqrt)(squares / (A)n + epsilon);
    mean[r] = m;
    rstd[r] = s;
    const A *t = time + (rows ? (size_t)rows[r] : 0) * stride;
    if (context) {
      const A *c = context + r / copies * stride;
      for (size_t j = 0; j < n; j++)
        y[j] = STORE((A)((x[j] - m) * s * (1 + (c[n + j] + t[n + j])) + (c[j] + t[j])));
    } else {
      for (size_t j = 0; j < n; j++) y[j] = STORE((A)((x[j] - m) * s * (1 + t[n + j]) + t[j]));
    }
  }
}

JK_KERNEL(void, NAME(modulate_gradient),
          (const A *restrict x, const A *restrict context, size_t copies, const A *restrict time,
           const int32_t *rows, size_t stride, const A *restrict mean, const A *restrict rstd,
           const T *restrict dy, A *restrict dx, A *restrict dcontext, A *restrict dtime,
           size_t count, size_t n),
          (x, context, copies, time, rows, stride, mean, rstd, dy, dx, dcontext, dtime, count, n)) {
#pragma clang fp reassociate(on)
  for (size_t r = 0; r < count; r++, x += n, dy += n, dx += n) {
    A m = mean[r], s = rstd[r], sum = 0, product = 0;
    size_t at = (rows ? (size_t)rows[r] : 0) * stride, from = r / copies * stride;
    const A *t = time + at + n;
    if (context) {
      const A *c = context + from + n;
      for (size_t j = 0; j < n; j++) dx[j] = LOAD(dy[j]) * (1 + (c[j] + t[j]));
    } else {
      for (size_t j = 0; j < n; j++) dx[j] = LOAD(dy[j]) * (1 + t[j]);
    }
    for (size_t j = 0; j < n; j++) {
      sum += dx[j];
      product += dx[j] * ((x[j] - m) * s);
    }
    sum /= (A)n;
    product /= (A)n;
    for (size_t j = 0; j < n; j++) dx[j] = s * (dx[j] - sum - (x[j] - m) * s * product);
    if (dcontext) {
      A *shift = dcontext + from, *scale = shift + n;
      for (size_t j = 0; j < n; j++) {
        shift[j] += LOAD(dy[j]);
        scale[j] += LOAD(dy[j]) * ((x[j] - m) * s);
      }
    }
    if (dtime) {
      A *shift = dtime + at, *scale = shift + n;
      for (size_t j = 0; j < n; j++) {
        shift[j] += LOAD(dy[j]);
        scale[j] += LOAD(dy[j]) * ((x[j] - m) * s);
      }
    }
  }
}

JK_KERNEL(void, NAME(add_gated),
          (const A *restrict h, const T *restrict u, const A *restrict context, size_t copies,
           const A *restrict time, const int32_t *rows, size_t stride, A *restrict y, size_t count,
           size_t n),
          (h, u, context, copies, time, rows, stride, y, count, n)) {
  for (size_t r = 0; r < count; r++, h += n, u += n, y += n) {
    const A *t = time + (rows ? (size_t)rows[r] : 0) * stride + 2 * n;
    if (context) {
      const A *c = context + r / copies * stride + 2 * n;
      for (size_t j = 0; j < n; j++) y[j] = h[j] + (c[j] + t[j]) * LOAD(u[j]);
    } else {
      for (size_t j = 0; j < n; j++) y[j] = h[j] + t[j] * LOAD(u[j]);
    }
  }
}

JK_KERNEL(void, NAME(add_gated_gradient),
          (const T *restrict u, const A *restrict context, size_t copies, const A *restrict time,
           const int32_t *rows, size_t stride, const A *restrict dy, T *restrict du,
           A *restrict dcontext, A *restrict dtime, size_t count, size_t n),
          (u, context, copies, time, rows, stride, dy, du, dcontext, dtime, count, n)) {
  for (size_t r = 0; r < count; r++, u += n, dy += n, du += n) {
    size_t at = (rows ? (size_t)rows[r] : 0) * stride + 2 * n;
    size_t from = r / copies * stride + 2 * n;
    const A *t = time + at;
    if (context) {
      const A *c = context + from;
      for (size_t j = 0; j < n; j++) du[j] = STORE((A)(dy[j] * (c[j] + t[j])));
    } else {
      for (size_t j = 0; j < n; j++) du[j] = STORE((A)(dy[j] * t[j]));
    }
    if (dcontext) {
      A *gate = dcontext + from;
      for (size_t j = 0; j < n; j++) gate[j] += dy[j] * LOAD(u[j]);
    }
    if (dtime) {
      A *gate = dtime + at;
      for (size_t j = 0; j < n; j++) gate[j] += dy[j] * LOAD(u[j]);
    }
  }
}
