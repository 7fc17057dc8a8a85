/* Reductions and normalisations along an axis for one type; see types.h. Sums may be reassociated,
 * so that they vectorise; the order is fixed by the sizes alone, and so is the result. */
#include "types.h"

JK_KERNEL(void, NAME(sum),
          (const T *restrict x, T *restrict y, size_t outer, size_t n, size_t inner),
          (x, y, outer, n, inner)) {
#pragma clang fp reassociate(on)
  if (inner == 1) {
    for (size_t o = 0; o < outer; o++) {
      A total = 0;
      for (size_t i = 0; i < n; i++) total += LOAD(x[o * n + i]);
      y[o] = STORE(total);
    }
    return;
  }
  /* Blocks of columns keep the running sums in the computed type. */
  for (size_t o = 0; o < outer; o++) {
    for (size_t c = 0; c < inner; c += 64) {
      size_t width = inner - c < 64 ? inner - c : 64;
      A total[64] = {0};
      for (size_t i = 0; i < n; i++) {
        const T *row = x + (o * n + i) * inner + c;
        for (size_t j = 0; j < width; j++) total[j] += LOAD(row[j]);
      }
      for (size_t j = 0; j < width; j++) y[o * inner + c + j] = STORE(total[j]);
    }
  }
}

JK_KERNEL(void, NAME(maximum),
          (const T *restrict x, T *restrict y, size_t outer, size_t n, size_t inner),
          (x, y, outer, n, inner)) {
  for (size_t o = 0; o < outer; o++) {
    for (size_t j = 0; j < inner; j++) {
      A best = (A)-INFINITY;
      for (size_t i = 0; i < n; i++) {
        A v = LOAD(x[(o * n + i) * inner + j]);
        best = v > best || v != v ? v : best;
      }
      y[o * inner + j] = STORE(best);
    }
  }
}

static void NAME(cumulative_sum)(const T *x, T *y, size_t rows, size_t n, int reverse) {
  for (size_t r = 0; r < rows; r++) {
    A total = 0;
    for (size_t i = 0; i < n; i++) {
      size_t at = r * n + (reverse ? n - 1 - i : i);
      total += LOAD(x[at]);
      y[at] = STORE(total);
    }
  }
}

/* `width` columns from x on; a constant one keeps the running sums in registers. */
JK_INLINE void NAME(sum_of_columns)(const T *restrict x, A *restrict y, size_t rows, size_t n,
                                    size_t width) {
  A total[128] = {0};
  for (size_t r = 0; r < rows; r++, x += n)
    WIDE for (size_t j = 0; j < width; j++) total[j] += LOAD(x[j]);
  for (size_t j = 0; j < width; j++) y[j] = total[j];
}

JK_KERNEL(void, NAME(column_sum),
          (const T *restrict x, A *restrict y, size_t rows, size_t n),
          (x, y, rows, n)) {
  size_t c = 0;
  for (; c + 128 <= n; c += 128) NAME(sum_of_columns)(x + c, y + c, rows, n, 128);
  for (; c + 64 <= n; c += 64) NAME(sum_of_columns)(x + c, y + c, rows, n, 64);
  if (c < n) NAME(sum_of_columns)(x + c, y + c, rows, n, n - c);
}

JK_KERNEL(double, NAME(sum_of_squares), (const T *restrict x, size_t n), (x, n)) {
#pragma clang fp reassociate(on)
  double total = 0;
  for (size_t start = 0; start < n; start += 4096) {
    size_t end = start + 4096 < n ? start + 4096 : n;
    A part = 0;
    for (size_t i = start; i < end; i++) part += LOAD(x[i]) * LOAD(x[i]);
    total += (double)part;
  }
  return total;
}

/* Sixteen running maxima, then a tournament among them: one maximum after the other would wait for
 * each in turn. */
JK_INLINE A NAME(row_maximum)(const T *restrict x, size_t n) {
  A best[16];
  for (size_t j = 0; j < 16; j++) best[j] = (A)-INFINITY;
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    for (size_t j = 0; j < 16; j++) {
      A v = LOAD(x[i + j]);
      best[j] = v > best[j] ? v : best[j];
    }
  }
  for (size_t half = 8; half > 0; half /= 2)
    for (size_t j = 0; j < half; j++)
      best[j] = best[j + half] > best[j] ? best[j + half] : best[j];
  A largest = best[0];
  for (; i < n; i++) largest = LOAD(x[i]) > largest ? LOAD(x[i]) : largest;
  return largest;
}

JK_KERNEL(void, NAME(softmax),
          (const T *restrict x, T *restrict y, size_t rows, size_t n),
          (x, y, rows, n)) {
#pragma clang fp reassociate(on)
  for (size_t r = 0; r < rows; r++, x += n, y += n) {
    A largest = NAME(row_maximum)(x, n);
    A total = 0;
    for (size_t i = 0; i < n; i++) total += MATH(jk_exp)(LOAD(x[i]) - largest);
    A scale = 1 / total;
    for (size_t i = 0; i < n; i++) y[i] = STORE((A)(MATH(jk_exp)(LOAD(x[i]) - largest) * scale));
  }
}

JK_KERNEL(void, NAME(softmax_gradient),
          (const T *restrict y, const T *restrict dy, T *restrict dx, size_t rows, size_t n),
          (y, dy, dx, rows, n)) {
#pragma clang fp reassociate(on)
  for (size_t r = 0; r < rows; r++, y += n, dy += n, dx += n) {
    A dot = 0;
    for (size_t i = 0; i < n; i++) dot += LOAD(y[i]) * LOAD(dy[i]);
    for (size_t i = 0; i < n; i++) dx[i] = STORE((A)(LOAD(y[i]) * (LOAD(dy[i]) - dot)));
  }
}

JK_KERNEL(void, NAME(log_sum_exp),
          (const T *restrict x, T *restrict y, size_t rows, size_t n),
          (x, y, rows, n)) {
#pragma clang fp reassociate(on)
  for (size_t r = 0; r < rows; r++, x += n) {
    A largest = NAME(row_maximum)(x, n);
    A shift = largest - largest == 0 ? largest : 0; /* an infinite maximum must not be subtracted */
    A total = 0;
    for (size_t i = 0; i < n; i++) total += MATH(jk_exp)(LOAD(x[i]) - shift);
    y[r] = STORE((A)(shift + MATH(jk_log)(total)));
  }
}
