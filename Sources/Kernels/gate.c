#include "CJEPAKernels.h"
#include "scalar_math.h"

/* Functions of one bfloat16 by a cubic in each of 32 parts of a range, whose coefficients two vectors
 * hold each: fewer operations than the exponentials, and no loads as from a table. */

#ifdef JK_X86
#include <immintrin.h>

#define CUBIC static inline __attribute__((always_inline, JK_ROUNDING_TARGET))

CUBIC __m512 widen(const uint16_t *x) {
  __m512i words = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)x));
  return _mm512_castsi512_ps(_mm512_slli_epi32(words, 16));
}

typedef struct {
  __m512 low[4], high[4], scale, shift;
} registers;

CUBIC registers loaded(const jk_cubics *c) {
  registers r;
  for (int k = 0; k < 4; k++) {
    r.low[k] = _mm512_loadu_ps(c->coefficients + 32 * k);
    r.high[k] = _mm512_loadu_ps(c->coefficients + 32 * k + 16);
  }
  r.scale = _mm512_set1_ps(32 / (c->end - c->start));
  r.shift = _mm512_set1_ps(-32 * c->start / (c->end - c->start));
  return r;
}

/* The cubics' values at v; `outside` gathers whether any v, or a NaN, is out of their range. */
CUBIC __m512 evaluated(const registers *r, __m512 v, __mmask16 *outside) {
  __m512 s = _mm512_fmadd_ps(v, r->scale, r->shift);
  __m512i part = _mm512_cvt_roundps_epi32(s, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
  *outside |= _mm512_cmp_epu32_mask(part, _mm512_set1_epi32(31), _MM_CMPINT_NLE);
  __m512 t = _mm512_sub_ps(s, _mm512_cvtepi32_ps(part));
  __m512 y = _mm512_permutex2var_ps(r->low[3], part, r->high[3]);
  for (int k = 2; k >= 0; k--)
    y = _mm512_fmadd_ps(y, t, _mm512_permutex2var_ps(r->low[k], part, r->high[k]));
  return y;
}

__attribute__((JK_ROUNDING_TARGET)) static size_t gate(const jk_cubics *c, const uint16_t *table,
                                                       const uint16_t *x, uint16_t *y, size_t n) {
  registers r = loaded(c);
  size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    __mmask16 outside = 0;
    __m512 a = widen(x + i), b = widen(x + i + 16);
    a = _mm512_mul_ps(a, evaluated(&r, a, &outside));
    b = _mm512_mul_ps(b, evaluated(&r, b, &outside));
    if (outside) jk_lookup(table, x + i, y + i, 32);
    else _mm512_storeu_si512(y + i, (__m512i)_mm512_cvtne2ps_pbh(b, a));
  }
  return i;
}

__attribute__((JK_ROUNDING_TARGET)) static size_t slope_product(
    const jk_cubics *c, const float *slopes, const uint16_t *x, const uint16_t *dy, uint16_t *dx,
    size_t n) {
  registers r = loaded(c);
  size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    __mmask16 outside = 0;
    __m512 a = evaluated(&r, widen(x + i), &outside), b = evaluated(&r, widen(x + i + 16), &outside);
    a = _mm512_mul_ps(a, widen(dy + i));
    b = _mm512_mul_ps(b, widen(dy + i + 16));
    if (outside) jk_lookup_product(slopes, x + i, dy + i, dx + i, 32);
    else _mm512_storeu_si512(dx + i, (__m512i)_mm512_cvtne2ps_pbh(b, a));
  }
  return i;
}

void jk_gate(const jk_cubics *c, const void *table, const void *x, void *y, size_t n) {
  const uint16_t *from = x;
  uint16_t *to = y;
  size_t done = jk_instruction_level >= JK_AVX512_BF16 ? gate(c, table, from, to, n) : 0;
  jk_lookup(table, from + done, to + done, n - done);
}

void jk_slope_product(const jk_cubics *c, const void *slopes, const void *x, const void *dy,
                      void *dx, size_t n) {
  const uint16_t *from = x, *upstream = dy;
  uint16_t *to = dx;
  size_t done = jk_instruction_level >= JK_AVX512_BF16 ? slope_product(c, slopes, from, upstream, to, n) : 0;
  jk_lookup_product(slopes, from + done, upstream + done, to + done, n - done);
}

#else
void jk_gate(const jk_cubics *c, const void *table, const void *x, void *y, size_t n) {
  jk_lookup(table, x, y, n);
}
void jk_slope_product(const jk_cubics *c, const void *slopes, const void *x, const void *dy,
                      void *dx, size_t n) {
  jk_lookup_product(slopes, x, dy, dx, n);
}
#endif
