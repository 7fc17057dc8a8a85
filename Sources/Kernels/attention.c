#include "CJEPAKernels.h"
#include "scalar_math.h"

typedef float jk_row __attribute__((vector_size(64), aligned(4)));
typedef uint32_t jk_bits __attribute__((vector_size(64), aligned(4)));
typedef uint16_t jk_words __attribute__((vector_size(32), aligned(2)));

/* Exchanges the off-diagonal blocks of size s in every pair of rows s apart. */
#define EXCHANGE(s, low, high)                                                       \
  for (int i = 0; i < 16; i++)                                                       \
    if (!(i & s)) {                                                                  \
      jk_row a = tile[i], b = tile[i + s];                                           \
      tile[i] = __builtin_shufflevector(a, b, low);                                  \
      tile[i + s] = __builtin_shufflevector(a, b, high);                             \
    }
#define PICK(...) __VA_ARGS__

/* Transposes 16 rows of 16 numbers. */
JK_INLINE void jk_transpose_tile(jk_row tile[16]) {
  EXCHANGE(8, PICK(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
           PICK(8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
  EXCHANGE(4, PICK(0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27),
           PICK(4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31))
  EXCHANGE(2, PICK(0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29),
           PICK(2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))
  EXCHANGE(1, PICK(0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30),
           PICK(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))
}
#undef PICK
#undef EXCHANGE

/* Rows are computed four at a time; the last of them may be zeros. */
JK_INLINE size_t jk_fours(size_t n) { return (n + 3) / 4 * 4; }

#define JK_TYPE 32
#include "attention.inc.h"
#undef JK_TYPE
#define JK_TYPE 16
#include "attention.inc.h"
#undef JK_TYPE
#define JK_TYPE 64
#include "attention.inc.h"
#undef JK_TYPE

size_t jk_attention_scratch(jk_dtype dtype, size_t longest, size_t head_width) {
  size_t element = dtype == JK_FLOAT64 ? 8 : 4, lanes = 64 / element;
  size_t padded = (longest + lanes - 1) / lanes * lanes;
  size_t wide = (head_width + lanes - 1) / lanes * lanes;
  size_t rows = jk_fours(longest);
  return element * (4 * rows * wide + 2 * head_width * padded + 2 * rows * padded);
}

void jk_attention(jk_dtype dtype, const void *qkv, const int32_t *offsets, size_t sequences,
                  size_t heads, size_t head_width, double scale, int causal, void *y,
                  void *scratch) {
#define ARGUMENTS qkv, offsets, sequences, heads, head_width
  switch (dtype) {
    case JK_FLOAT32: attention_f32(ARGUMENTS, (float)scale, causal, y, scratch); break;
    case JK_BFLOAT16: attention_bf16(ARGUMENTS, (float)scale, causal, y, scratch); break;
    case JK_FLOAT64: attention_f64(ARGUMENTS, scale, causal, y, scratch); break;
  }
#undef ARGUMENTS
}

void jk_attention_gradient(jk_dtype dtype, const void *qkv, const void *dy,
                           const int32_t *offsets, size_t sequences, size_t heads,
                           size_t head_width, double scale, int causal, void *dqkv,
                           void *scratch) {
#define ARGUMENTS qkv, dy, offsets, sequences, heads, head_width
  switch (dtype) {
    case JK_FLOAT32: attention_gradient_f32(ARGUMENTS, (float)scale, causal, dqkv, scratch); break;
    case JK_BFLOAT16: attention_gradient_bf16(ARGUMENTS, (float)scale, causal, dqkv, scratch); break;
    case JK_FLOAT64: attention_gradient_f64(ARGUMENTS, scale, causal, dqkv, scratch); break;
  }
#undef ARGUMENTS
}
