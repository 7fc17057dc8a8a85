#ifndef JK_TRANSPOSE_H
#define JK_TRANSPOSE_H

#include "scalar_math.h"

typedef float jk_row __attribute__((vector_size(64), aligned(4)));

/* Shuffles that are one instruction each on 512-bit vectors: of two rows' quarters of four numbers, the
 * lower or upper halves interleaved, by single numbers or by pairs; and of four rows' quarters, the even
 * or odd ones. */
#define LOWER_SINGLES 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29
#define UPPER_SINGLES 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31
#define LOWER_PAIRS 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define UPPER_PAIRS 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#define EVEN_QUARTERS 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27
#define ODD_QUARTERS 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31
#define SHUFFLED(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)

/* Transposes 16 rows of 16 numbers, or of whatever fills 32 bits: first blocks of 4 × 4, then the blocks. */
JK_INLINE void jk_transpose_tile(jk_row tile[16]) {
  jk_row block[16]; /* quarter q of block[i + j]: column 4 q + j of rows i … i + 3 */
  for (int i = 0; i < 16; i += 4) {
    jk_row a = SHUFFLED(tile[i], tile[i + 1], LOWER_SINGLES);
    jk_row b = SHUFFLED(tile[i], tile[i + 1], UPPER_SINGLES);
    jk_row c = SHUFFLED(tile[i + 2], tile[i + 3], LOWER_SINGLES);
    jk_row d = SHUFFLED(tile[i + 2], tile[i + 3], UPPER_SINGLES);
    block[i] = SHUFFLED(a, c, LOWER_PAIRS);
    block[i + 1] = SHUFFLED(a, c, UPPER_PAIRS);
    block[i + 2] = SHUFFLED(b, d, LOWER_PAIRS);
    block[i + 3] = SHUFFLED(b, d, UPPER_PAIRS);
  }
  for (int j = 0; j < 4; j++) {
    jk_row a = SHUFFLED(block[j], block[4 + j], EVEN_QUARTERS);
    jk_row b = SHUFFLED(block[j], block[4 + j], ODD_QUARTERS);
    jk_row c = SHUFFLED(block[8 + j], block[12 + j], EVEN_QUARTERS);
    jk_row d = SHUFFLED(block[8 + j], block[12 + j], ODD_QUARTERS);
    tile[j] = SHUFFLED(a, c, EVEN_QUARTERS);
    tile[4 + j] = SHUFFLED(b, d, EVEN_QUARTERS);
    tile[8 + j] = SHUFFLED(a, c, ODD_QUARTERS);
    tile[12 + j] = SHUFFLED(b, d, ODD_QUARTERS);
  }
}

#undef LOWER_SINGLES
#undef UPPER_SINGLES
#undef LOWER_PAIRS
#undef UPPER_PAIRS
#undef EVEN_QUARTERS
#undef ODD_QUARTERS
#undef SHUFFLED

#endif
