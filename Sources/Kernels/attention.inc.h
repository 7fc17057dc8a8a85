/* Attention for one type; see types.h. One (sequence, head) at a time: its queries, keys and values
 * are unpacked to the computed type in scratch that stays in cache, so neither the L×L scores nor a
 * padded copy of the batch ever reaches memory. */
#include "types.h"

#undef LANES
#undef V
#define LANES (64 / sizeof(A))
#define V NAME(jk_vector)
typedef A V __attribute__((vector_size(64), aligned(sizeof(A))));

/* C[r, v] = Σₖ a[r·row + k·step] · b[k·ldb + v] for ROWS rows and VECTORS vectors of lanes. */
#define TILE(ROWS, VECTORS)                                                              \
  do {                                                                                   \
    V sum[ROWS][VECTORS];                                                                \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++)                    \
      _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++)               \
        sum[r][v] = (V){0};                                                              \
    for (size_t k = 0; k < depth; k++) {                                                 \
      const A *line = b + k * ldb + j;                                                   \
      V right[VECTORS];                                                                  \
      _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++)               \
        right[v] = *(const V *)(line + v * LANES);                                       \
      _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++) {                \
        A left = a[(i + (size_t)r) * row + k * step];                                    \
        _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++)             \
          sum[r][v] += left * right[v];                                                  \
      }                                                                                  \
    }                                                                                    \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++)                    \
      _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; v++)               \
        *(V *)(c + (i + (size_t)r) * ldc + j + v * LANES) = sum[r][v];                   \
  } while (0)

/* C [rows, columns] = A B; rows is a multiple of 4, columns of LANES; A is read by its two strides. Sums stay in
 * registers: there are 32 of 64 bytes, or 16 of 32 or 16 bytes, of which V takes two or four. */
JK_INLINE void NAME(product)(const int jk_vector_bytes, size_t rows, size_t columns, size_t depth,
                             const A *restrict a, size_t row, size_t step, const A *restrict b,
                             size_t ldb, A *restrict c, size_t ldc) {
  size_t j = 0;
  if (jk_vector_bytes == 32) {
    for (; j < columns; j += LANES)
      for (size_t i = 0; i < rows; i += 4) TILE(4, 1);
  } else if (jk_vector_bytes == 16) {
    for (; j < columns; j += LANES)
      for (size_t i = 0; i < rows; i += 2) TILE(2, 1);
  }
  for (; j + 4 * LANES <= columns; j += 4 * LANES)
    for (size_t i = 0; i < rows; i += 4) TILE(4, 4);
  for (; j + 2 * LANES <= columns; j += 2 * LANES) {
    size_t i = 0;
    for (; i + 8 <= rows; i += 8) TILE(8, 2);
    if (i < rows) TILE(4, 2);
  }
  if (j < columns) {
    size_t i = 0;
    for (; i + 8 <= rows; i += 8) TILE(8, 1);
    if (i < rows) TILE(4, 1);
  }
}

/* Sixteen stored numbers as a vector. */
#if JK_TYPE == 32
#define ROW(x) (*(const V *)(x))
#elif JK_TYPE == 16
#define ROW(x) ((V)(__builtin_convertvector(*(const jk_words *)(x), jk_bits) << 16))
#endif

/* The L×d slice of one head, `stride` apart, scaled, its rows padded by zeros to `padded` numbers and
 * their count to a multiple of 4. */
JK_INLINE void NAME(unpack)(const T *restrict x, size_t stride, size_t length, size_t width,
                            size_t padded, A scale, A *restrict y) {
  for (size_t t = 0; t < length; t++) {
    WIDE for (size_t e = 0; e < width; e++) y[t * padded + e] = LOAD(x[t * stride + e]) * scale;
    for (size_t e = width; e < padded; e++) y[t * padded + e] = 0;
  }
  for (size_t i = length * padded; i < jk_fours(length) * padded; i++) y[i] = 0;
}

/* The same slice, transposed: rows of `padded` tokens, those beyond `length` zeros. */
JK_INLINE void NAME(unpack_transposed)(const T *restrict x, size_t stride, size_t length,
                                       size_t width, size_t padded, A *restrict y) {
  size_t done = 0; /* features */
#if JK_TYPE != 64
  for (; done + 16 <= width; done += 16)
    for (size_t t = 0; t < padded; t += 16) {
      V tile[16];
      for (size_t i = 0; i < 16; i++)
        tile[i] = t + i < length ? ROW(x + (t + i) * stride + done) : (V){0};
      jk_transpose_tile(tile);
      for (size_t i = 0; i < 16; i++) *(V *)(y + (done + i) * padded + t) = tile[i];
    }
#endif
  for (size_t e = done; e < width; e++) {
    for (size_t t = 0; t < length; t++) y[e * padded + t] = LOAD(x[t * stride + e]);
    for (size_t t = length; t < padded; t++) y[e * padded + t] = 0;
  }
}

JK_INLINE void NAME(pack)(const A *restrict x, size_t padded, size_t length, size_t width, A scale,
                          size_t stride, T *restrict y) {
  for (size_t t = 0; t < length; t++)
    WIDE for (size_t e = 0; e < width; e++) y[t * stride + e] = STORE((A)(x[t * padded + e] * scale));
}

/* The largest of `padded` scores; a tournament among lanes, as in rows.inc.h. */
JK_INLINE A NAME(largest_of)(const A *restrict x, size_t padded) {
  A best[LANES];
  for (size_t j = 0; j < LANES; j++) best[j] = x[j];
  for (size_t i = LANES; i < padded; i += LANES)
    for (size_t j = 0; j < LANES; j++) best[j] = x[i + j] > best[j] ? x[i + j] : best[j];
  for (size_t half = LANES / 2; half > 0; half /= 2)
    for (size_t j = 0; j < half; j++)
      best[j] = best[j + half] > best[j] ? best[j + half] : best[j];
  return best[0];
}

/* x from column `end` on, up to `padded`. */
JK_INLINE void NAME(set_rest)(A *restrict x, size_t end, size_t padded, A value) {
  for (size_t u = end / LANES * LANES; u < padded; u += LANES)
    for (size_t j = 0; j < LANES; j++) x[u + j] = u + j < end ? x[u + j] : value;
}

/* Rows of scores become probabilities, those of the padding and of what is not to be seen zero. */
JK_INLINE void NAME(probabilities)(A *restrict s, size_t length, size_t padded, int causal) {
#pragma clang fp reassociate(on)
  for (size_t t = 0; t < length; t++, s += padded) {
    size_t visible = causal ? t + 1 : length;
    NAME(set_rest)(s, visible, padded, (A)-INFINITY);
    A largest = NAME(largest_of)(s, padded);
    A total = 0;
    WIDE for (size_t u = 0; u < padded; u++) {
      A e = MATH(jk_exp_falling)(s[u] - largest);
      s[u] = e;
      total += e;
    }
    A scale = 1 / total;
    WIDE for (size_t u = 0; u < padded; u++) s[u] *= scale;
    NAME(set_rest)(s, visible, padded, 0);
  }
}

JK_KERNEL(void, NAME(attention),
          (const T *qkv, const int32_t *offsets, size_t sequences, size_t heads, size_t width,
           A scale, int causal, T *y, A *scratch),
          (qkv, offsets, sequences, heads, width, scale, causal, y, scratch)) {
  size_t model = heads * width, wide = (width + LANES - 1) / LANES * LANES;
  for (size_t s = 0; s < sequences; s++) {
    size_t start = (size_t)offsets[s], length = (size_t)offsets[s + 1] - start;
    size_t padded = (length + LANES - 1) / LANES * LANES, rows = jk_fours(length);
    A *q = scratch, *kt = q + rows * wide, *v = kt + width * padded, *p = v + rows * wide;
    A *out = q; /* the queries are done with when the output is written */
    for (size_t h = 0; h < heads; h++) {
      const T *base = qkv + start * 3 * model + h * width;
      NAME(unpack)(base, 3 * model, length, width, wide, scale, q);
      NAME(unpack_transposed)(base + model, 3 * model, length, width, padded, kt);
      NAME(unpack)(base + 2 * model, 3 * model, length, width, wide, 1, v);
      NAME(product)(jk_vector_bytes, rows, padded, width, q, wide, 1, kt, padded, p, padded);
      NAME(probabilities)(p, length, padded, causal);
      NAME(product)(jk_vector_bytes, rows, wide, length, p, padded, 1, v, wide, out, wide);
      NAME(pack)(out, wide, length, width, 1, model, y + start * model + h * width);
    }
  }
}

/* With P the probabilities: dV = Pᵀ dY, dP = dY Vᵀ, dS = P ∘ (dP − Σ P ∘ dP), dQ = dS K · scale,
 * dK = dSᵀ Q · scale. P is computed again rather than kept. */
JK_KERNEL(void, NAME(attention_gradient),
          (const T *qkv, const T *dy, const int32_t *offsets, size_t sequences, size_t heads,
           size_t width, A scale, int causal, T *dqkv, A *scratch),
          (qkv, dy, offsets, sequences, heads, width, scale, causal, dqkv, scratch)) {
#pragma clang fp reassociate(on)
  size_t model = heads * width, wide = (width + LANES - 1) / LANES * LANES;
  for (size_t s = 0; s < sequences; s++) {
    size_t start = (size_t)offsets[s], length = (size_t)offsets[s + 1] - start;
    size_t padded = (length + LANES - 1) / LANES * LANES, rows = jk_fours(length);
    A *q = scratch, *k = q + rows * wide, *dout = k + rows * wide, *out = dout + rows * wide;
    A *kt = out + rows * wide, *vt = kt + width * padded;
    A *p = vt + width * padded, *dp = p + rows * padded;
    for (size_t h = 0; h < heads; h++) {
      const T *base = qkv + start * 3 * model + h * width;
      T *to = dqkv + start * 3 * model + h * width;
      NAME(unpack)(base, 3 * model, length, width, wide, scale, q);
      NAME(unpack)(base + model, 3 * model, length, width, wide, 1, k);
      NAME(unpack_transposed)(base + model, 3 * model, length, width, padded, kt);
      NAME(unpack_transposed)(base + 2 * model, 3 * model, length, width, padded, vt);
      NAME(unpack)(dy + start * model + h * width, model, length, width, wide, 1, dout);
      NAME(product)(jk_vector_bytes, rows, padded, width, q, wide, 1, kt, padded, p, padded);
      NAME(probabilities)(p, length, padded, causal);
      NAME(product)(jk_vector_bytes, rows, padded, width, dout, wide, 1, vt, padded, dp, padded);
      NAME(product)(jk_vector_bytes, rows, wide, length, p, 1, padded, dout, wide, out, wide);
      NAME(pack)(out, wide, length, width, 1, 3 * model, to + 2 * model);
      for (size_t t = 0; t < length; t++) {
        A *prob = p + t * padded, *slope = dp + t * padded, dot = 0;
        WIDE for (size_t u = 0; u < padded; u++) dot += prob[u] * slope[u];
        WIDE for (size_t u = 0; u < padded; u++) slope[u] = prob[u] * (slope[u] - dot);
      }
      NAME(product)(jk_vector_bytes, rows, wide, length, dp, padded, 1, k, wide, out, wide);
      NAME(pack)(out, wide, length, width, scale, 3 * model, to);
      NAME(product)(jk_vector_bytes, rows, wide, length, dp, 1, padded, q, wide, out, wide);
      NAME(pack)(out, wide, length, width, 1, 3 * model, to + model);
    }
  }
}

#undef TILE
#undef ROW
