#include "CJEPAKernels.h"
#include "scalar_math.h"
#include "transpose.h"

typedef uint32_t jk_bits __attribute__((vector_size(64), aligned(4)));
typedef uint16_t jk_words __attribute__((vector_size(32), aligned(2)));

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
