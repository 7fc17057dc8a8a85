#ifndef JK_TILES_H
#define JK_TILES_H

/* Products on matrix tiles (Intel AMX): 16 rows of 64 bytes each. A left operand's tile holds 32
 * bfloat16 numbers a row; a right one's pairs of rows, interleaved, so that its row p holds
 * b[2p, j], b[2p + 1, j] for 16 columns j; a result's tile holds 16 floats a row. Operands are padded
 * with zeros to whole tiles. */

#include <stddef.h>
#include <stdint.h>

#include "CJEPAProcessor.h"
#include "transpose.h"

/* So many numbers in whole tiles. */
static inline size_t jk_padded(size_t count) { return (count + 31) / 32 * 32; }

#ifdef JK_X86
#include <immintrin.h>

#define JK_TILED static inline __attribute__((always_inline, JK_TILE_TARGET))

JK_TILED void jk_begin_tiles(void) {
  struct {
    uint8_t palette, start, reserved[14];
    uint16_t bytes[16];
    uint8_t rows[16];
  } shape = {.palette = 1};
  for (int i = 0; i < 8; i++) {
    shape.bytes[i] = 64;
    shape.rows[i] = 16;
  }
  _tile_loadconfig(&shape);
}

JK_TILED void jk_end_tiles(void) { _tile_release(); }

/* Of the 32 numbers of a row from column `from`, those before column `width`. */
JK_TILED __mmask32 jk_columns(size_t width, size_t from) {
  return width >= from + 32 ? 0xFFFFFFFFu : (1u << (width - from)) - 1;
}

/* xᵀ as a right operand, x [length, width] with rows `stride` apart. The tile of 16 of x's rows and of
 * 32 of its columns lies at 256 · (row / 16 · ⌈width / 32⌉ + column / 32). */
JK_TILED void jk_pack_transposed(const uint16_t *x, size_t stride, size_t length, size_t width,
                                 uint32_t *y) {
  for (size_t t = 0; t < length; t += 16)
    for (size_t e = 0; e < width; e += 32, y += 256) {
      jk_row rows[16];
      __mmask32 columns = jk_columns(width, e);
      for (size_t i = 0; i < 16; i++)
        rows[i] =
            (jk_row)(t + i < length ? _mm512_maskz_loadu_epi16(columns, x + (t + i) * stride + e)
                                    : _mm512_setzero_si512());
      jk_transpose_tile(rows);
      for (size_t i = 0; i < 16; i++) _mm512_storeu_si512(y + 16 * i, (__m512i)rows[i]);
    }
}

/* x itself as a right operand. The tile of 32 of its rows and 16 of its columns lies at
 * 256 · (column / 16 · steps + row / 32), steps = ⌈length / 32⌉. */
JK_TILED void jk_pack_rows(const uint16_t *x, size_t stride, size_t length, size_t width,
                           uint32_t *y) {
  size_t steps = (length + 31) / 32;
  const __m512i first = _mm512_set_epi16(47, 15, 46, 14, 45, 13, 44, 12, 43, 11, 42, 10, 41, 9, 40,
                                         8, 39, 7, 38, 6, 37, 5, 36, 4, 35, 3, 34, 2, 33, 1, 32, 0);
  const __m512i second = _mm512_add_epi16(first, _mm512_set1_epi16(16));
  for (size_t t = 0; t < 32 * steps; t += 2)
    for (size_t e = 0; e < width; e += 32) {
      const uint16_t *row = x + t * stride + e;
      __mmask32 columns = jk_columns(width, e);
      __m512i zero = _mm512_setzero_si512();
      __m512i a = t < length ? _mm512_maskz_loadu_epi16(columns, row) : zero;
      __m512i b = t + 1 < length ? _mm512_maskz_loadu_epi16(columns, row + stride) : zero;
      uint32_t *to = y + (e / 16 * steps + t / 32) * 256 + t % 32 / 2 * 16;
      _mm512_storeu_si512(to, _mm512_permutex2var_epi16(a, first, b));
      _mm512_storeu_si512(to + 256 * steps, _mm512_permutex2var_epi16(a, second, b));
    }
}

/* C = A B. A is plain, its rows `lda` numbers apart, B a right operand; `rows` and `columns` count
 * tiles of the result, `steps` those that are summed over. Two by two tiles at a time: a product for
 * each tile that is loaded. */
JK_TILED void jk_tile_product(const uint16_t *a, size_t lda, const uint32_t *b, size_t rows,
                              size_t columns, size_t steps, float *c, size_t ldc) {
  size_t a_bytes = 2 * lda, c_bytes = 4 * ldc;
  for (size_t j = 0; j < columns; j += 2)
    for (size_t i = 0; i < rows; i += 2) {
      int tall = i + 1 < rows, wide = j + 1 < columns;
      const uint16_t *top = a + 16 * i * lda, *bottom = top + 16 * lda;
      const uint32_t *left = b + 256 * j * steps, *right = left + 256 * steps;
      float *to = c + 16 * i * ldc + 16 * j;
      _tile_zero(0);
      _tile_zero(1);
      _tile_zero(2);
      _tile_zero(3);
      for (size_t k = 0; k < steps; k++) {
        _tile_loadd(4, top + 32 * k, a_bytes);
        _tile_loadd(6, left + 256 * k, 64);
        _tile_dpbf16ps(0, 4, 6);
        if (wide) {
          _tile_loadd(7, right + 256 * k, 64);
          _tile_dpbf16ps(1, 4, 7);
        }
        if (tall) {
          _tile_loadd(5, bottom + 32 * k, a_bytes);
          _tile_dpbf16ps(2, 5, 6);
        }
        if (tall && wide) _tile_dpbf16ps(3, 5, 7);
      }
      _tile_stored(0, to, c_bytes);
      if (wide) _tile_stored(1, to + 16, c_bytes);
      if (tall) _tile_stored(2, to + 16 * ldc, c_bytes);
      if (tall && wide) _tile_stored(3, to + 16 * ldc + 16, c_bytes);
    }
}

#endif
#endif
