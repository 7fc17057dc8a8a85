#include "CJEPAKernels.h"
#include "tiles.h"

/* Attention in bfloat16 on matrix tiles, one (sequence, head) at a time, all of it in cache. Scores,
 * softmax and sums are float; probabilities and what they are multiplied with, bfloat16. Sequences are
 * padded to 32 tokens, and heads to 32 numbers, in scratch only. */

size_t jk_attention_tiles_scratch(size_t longest, size_t width) {
  size_t n = jk_padded(longest);
  return n * (14 * n + 22 * jk_padded(width) + 4);
}

#ifdef JK_X86
#include <math.h>

static const float log2_e = 1.44269504f;

/* 2ˣ for x ≤ 0. Relative error below 6e-5; rounding to bfloat16 makes one of 2e-3. */
JK_TILED __m512 exp2_falling(__m512 x) {
  __m512 n = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m512 r = _mm512_sub_ps(x, n);
  __m512 p = _mm512_set1_ps(9.6181291e-3f); /* (ln 2)ᵏ / k! */
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(5.5504109e-2f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(2.4022651e-1f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(6.9314718e-1f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
  return _mm512_scalef_ps(p, n);
}

/* Of the 16 numbers from column `from`, those before column `end`. */
JK_TILED __mmask16 before(size_t end, size_t from) {
  return end >= from + 16 ? 0xFFFF : end <= from ? 0 : (__mmask16)((1u << (end - from)) - 1);
}

/* One head's rows side by side, and zeros up to a multiple of 16 rows and of 32 columns. */
JK_TILED void copy_rows(const uint16_t *x, size_t stride, size_t length, size_t width,
                        uint16_t *y) {
  size_t rows = (length + 15) / 16 * 16, padded = jk_padded(width);
  for (size_t t = 0; t < rows; t++)
    for (size_t e = 0; e < width; e += 32)
      _mm512_storeu_si512(y + t * padded + e,
                          t < length
                              ? _mm512_maskz_loadu_epi16(jk_columns(width, e), x + t * stride + e)
                              : _mm512_setzero_si512());
}

/* Asks for what comes next: rows of heads lie too far apart for the processor to foresee. */
JK_TILED void fetch(const uint16_t *x, size_t count) {
  for (size_t i = 0; i < count; i += 32) _mm_prefetch(x + i, _MM_HINT_T1);
}

/* The tokens of the sequence after s. */
JK_TILED size_t next_length(const int32_t *offsets, size_t s, size_t sequences) {
  return s + 1 < sequences ? (size_t)(offsets[s + 2] - offsets[s + 1]) : 0;
}

JK_TILED void round_to(uint16_t *y, __m512 first, __m512 second) {
  _mm512_storeu_si512(y, (__m512i)_mm512_cvtne2ps_pbh(second, first));
}

/* Each row times its factor, or plain where there are none. x has rows of whole tiles. */
JK_TILED void write_rows(const float *x, const float *factors, size_t length, size_t width,
                         uint16_t *y, size_t stride) {
  size_t padded = jk_padded(width);
  for (size_t t = 0; t < length; t++) {
    __m512 f = _mm512_set1_ps(factors ? factors[t] : 1);
    for (size_t e = 0; e < width; e += 32) {
      const float *row = x + t * padded + e;
      __m512i rounded = (__m512i)_mm512_cvtne2ps_pbh(_mm512_mul_ps(_mm512_loadu_ps(row + 16), f),
                                                     _mm512_mul_ps(_mm512_loadu_ps(row), f));
      _mm512_mask_storeu_epi16(y + t * stride + e, jk_columns(width, e), rounded);
    }
  }
}

/* A row of scores becomes exp(scale · (score − largest)), zero from `visible` on; the sum. */
JK_TILED float exponentials(float *s, size_t visible, size_t padded, float scale) {
  __m512 largest = _mm512_set1_ps(-INFINITY), factor = _mm512_set1_ps(scale * log2_e);
  for (size_t u = 0; u < visible; u += 16)
    largest = _mm512_mask_max_ps(largest, before(visible, u), largest, _mm512_loadu_ps(s + u));
  __m512 shift = _mm512_mul_ps(_mm512_set1_ps(_mm512_reduce_max_ps(largest)), factor);
  __m512 total = _mm512_setzero_ps();
  for (size_t u = 0; u < padded; u += 16) {
    __m512 e = exp2_falling(_mm512_fmsub_ps(_mm512_loadu_ps(s + u), factor, shift));
    e = _mm512_maskz_mov_ps(before(visible, u), e);
    total = _mm512_add_ps(total, e);
    _mm512_storeu_ps(s + u, e);
  }
  return _mm512_reduce_add_ps(total);
}

JK_TILED void round_row(const float *x, size_t padded, uint16_t *y) {
  for (size_t u = 0; u < padded; u += 32)
    round_to(y + u, _mm512_loadu_ps(x + u), _mm512_loadu_ps(x + u + 16));
}

/* y[u, t] = x[t, u] for the first `rows` u; x is [n, n]. */
JK_TILED void round_transposed(const float *x, size_t n, size_t rows, uint16_t *y) {
  for (size_t u = 0; u < rows; u += 16)
    for (size_t t = 0; t < n; t += 32) {
      jk_row first[16], second[16];
      for (size_t i = 0; i < 16; i++) {
        first[i] = *(const jk_row *)(x + (t + i) * n + u);
        second[i] = *(const jk_row *)(x + (t + 16 + i) * n + u);
      }
      jk_transpose_tile(first);
      jk_transpose_tile(second);
      for (size_t i = 0; i < 16; i++)
        round_to(y + (u + i) * n + t, (__m512)first[i], (__m512)second[i]);
    }
}

__attribute__((JK_TILE_TARGET)) static void forward(const uint16_t *qkv, const int32_t *offsets,
                                                    size_t sequences, size_t heads, size_t width,
                                                    float scale, int causal, uint16_t *y,
                                                    void *scratch) {
  size_t model = heads * width, stride = 3 * model;
  size_t padded = jk_padded(width), columns = (width + 15) / 16;
  jk_begin_tiles();
  for (size_t s = 0; s < sequences; s++) {
    size_t start = (size_t)offsets[s], length = (size_t)offsets[s + 1] - start;
    size_t n = jk_padded(length), rows = (length + 15) / 16, area = n * padded;
    float *scores = scratch, *out = scores + n * n, *factors = out + area;
    uint16_t *p = (uint16_t *)(factors + n), *q = p + n * n;
    uint32_t *k = (uint32_t *)(q + area), *v = k + area / 2;
    fetch(qkv + (start + length) * stride, next_length(offsets, s, sequences) * stride);
    for (size_t h = 0; h < heads; h++) {
      const uint16_t *base = qkv + start * stride + h * width;
      copy_rows(base, stride, length, width, q);
      jk_pack_transposed(base + model, stride, length, width, k);
      jk_pack_rows(base + 2 * model, stride, length, width, v);
      jk_tile_product(q, padded, k, rows, rows, padded / 32, scores, n);
      for (size_t t = 0; t < length; t++) {
        factors[t] = 1 / exponentials(scores + t * n, causal ? t + 1 : length, n, scale);
        round_row(scores + t * n, n, p + t * n);
      }
      jk_tile_product(p, n, v, rows, columns, n / 32, out, padded);
      write_rows(out, factors, length, width, y + start * model + h * width, model);
    }
  }
  jk_end_tiles();
}

/* P from its scores and dP = dY Vᵀ to dS · scale = P ∘ (dP − Σ P ∘ dP) · scale, for one row. */
JK_TILED void slopes_of_scores(float *p, float *dp, size_t visible, size_t padded, float scale) {
  __m512 share = _mm512_set1_ps(1 / exponentials(p, visible, padded, scale));
  __m512 dot = _mm512_setzero_ps();
  for (size_t u = 0; u < padded; u += 16) {
    __m512 e = _mm512_mul_ps(_mm512_loadu_ps(p + u), share);
    _mm512_storeu_ps(p + u, e);
    dot = _mm512_mask3_fmadd_ps(e, _mm512_loadu_ps(dp + u), dot, before(visible, u));
  }
  __m512 mean = _mm512_set1_ps(_mm512_reduce_add_ps(dot)), factor = _mm512_set1_ps(scale);
  for (size_t u = 0; u < padded; u += 16) {
    __m512 d = _mm512_sub_ps(_mm512_loadu_ps(dp + u), mean);
    __m512 e = _mm512_mul_ps(_mm512_loadu_ps(p + u), factor);
    _mm512_storeu_ps(dp + u, _mm512_maskz_mul_ps(before(visible, u), e, d));
  }
}

/* See attention.inc.h for the formulae. */
__attribute__((JK_TILE_TARGET)) static void backward(const uint16_t *qkv, const uint16_t *dy,
                                                     const int32_t *offsets, size_t sequences,
                                                     size_t heads, size_t width, float scale,
                                                     int causal, uint16_t *dqkv, void *scratch) {
  size_t model = heads * width, stride = 3 * model;
  size_t padded = jk_padded(width), columns = (width + 15) / 16;
  jk_begin_tiles();
  for (size_t s = 0; s < sequences; s++) {
    size_t start = (size_t)offsets[s], length = (size_t)offsets[s + 1] - start;
    size_t n = jk_padded(length), rows = (length + 15) / 16, area = n * padded;
    float *p = scratch, *dp = p + n * n, *out = dp + n * n;
    uint16_t *pt = (uint16_t *)(out + area), *ds = pt + n * n, *dst = ds + n * n;
    uint16_t *q = dst + n * n, *up = q + area;
    uint32_t *k_columns = (uint32_t *)(up + area), *v_columns = k_columns + area / 2;
    uint32_t *up_rows = v_columns + area / 2, *k_rows = up_rows + area / 2;
    uint32_t *q_rows = k_rows + area / 2;
    fetch(qkv + (start + length) * stride, next_length(offsets, s, sequences) * stride);
    fetch(dy + (start + length) * model, next_length(offsets, s, sequences) * model);
    for (size_t h = 0; h < heads; h++) {
      const uint16_t *base = qkv + start * stride + h * width;
      const uint16_t *upstream = dy + start * model + h * width;
      uint16_t *to = dqkv + start * stride + h * width;
      copy_rows(base, stride, length, width, q);
      copy_rows(upstream, model, length, width, up);
      jk_pack_transposed(base + model, stride, length, width, k_columns);
      jk_pack_transposed(base + 2 * model, stride, length, width, v_columns);
      jk_pack_rows(upstream, model, length, width, up_rows);
      jk_pack_rows(base + model, stride, length, width, k_rows);
      jk_pack_rows(base, stride, length, width, q_rows);
      jk_tile_product(q, padded, k_columns, rows, rows, padded / 32, p, n);
      jk_tile_product(up, padded, v_columns, rows, rows, padded / 32, dp, n);
      for (size_t t = 0; t < length; t++) {
        slopes_of_scores(p + t * n, dp + t * n, causal ? t + 1 : length, n, scale);
        round_row(dp + t * n, n, ds + t * n);
      }
      for (size_t i = length * n; i < n * n; i += 16) { /* they are summed over below */
        _mm512_storeu_ps(p + i, _mm512_setzero_ps());
        _mm512_storeu_ps(dp + i, _mm512_setzero_ps());
      }
      round_transposed(p, n, 16 * rows, pt);
      round_transposed(dp, n, 16 * rows, dst);
      jk_tile_product(pt, n, up_rows, rows, columns, n / 32, out, padded);
      write_rows(out, NULL, length, width, to + 2 * model, stride);
      jk_tile_product(ds, n, k_rows, rows, columns, n / 32, out, padded);
      write_rows(out, NULL, length, width, to, stride);
      jk_tile_product(dst, n, q_rows, rows, columns, n / 32, out, padded);
      write_rows(out, NULL, length, width, to + model, stride);
    }
  }
  jk_end_tiles();
}

void jk_attention_tiles(const void *qkv, const int32_t *offsets, size_t sequences, size_t heads,
                        size_t head_width, double scale, int causal, void *y, void *scratch) {
  forward(qkv, offsets, sequences, heads, head_width, (float)scale, causal, y, scratch);
}

void jk_attention_tiles_gradient(const void *qkv, const void *dy, const int32_t *offsets,
                                 size_t sequences, size_t heads, size_t head_width, double scale,
                                 int causal, void *dqkv, void *scratch) {
  backward(qkv, dy, offsets, sequences, heads, head_width, (float)scale, causal, dqkv, scratch);
}

#else
void jk_attention_tiles(const void *qkv, const int32_t *offsets, size_t sequences, size_t heads,
                        size_t head_width, double scale, int causal, void *y, void *scratch) {}
void jk_attention_tiles_gradient(const void *qkv, const void *dy, const int32_t *offsets,
                                 size_t sequences, size_t heads, size_t head_width, double scale,
                                 int causal, void *dqkv, void *scratch) {}
#endif
