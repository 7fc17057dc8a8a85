#include "CJEPAKernels.h"
#include "scalar_math.h"

JK_KERNEL(void, f32_to_bf16, (const float *restrict x, uint16_t *restrict y, size_t n), (x, y, n)) {
  JK_WIDE for (size_t i = 0; i < n; i++) y[i] = jk_store_bf16(x[i]);
}
JK_KERNEL(void, bf16_to_f32, (const uint16_t *restrict x, float *restrict y, size_t n), (x, y, n)) {
  JK_WIDE for (size_t i = 0; i < n; i++) y[i] = jk_load_bf16(x[i]);
}
JK_KERNEL(void, f32_to_f64, (const float *restrict x, double *restrict y, size_t n), (x, y, n)) {
  for (size_t i = 0; i < n; i++) y[i] = x[i];
}
JK_KERNEL(void, f64_to_f32, (const double *restrict x, float *restrict y, size_t n), (x, y, n)) {
  for (size_t i = 0; i < n; i++) y[i] = (float)x[i];
}
JK_KERNEL(void, bf16_to_f64,
          (const uint16_t *restrict x, double *restrict y, size_t n),
          (x, y, n)) {
  for (size_t i = 0; i < n; i++) y[i] = jk_load_bf16(x[i]);
}
JK_KERNEL(void, f64_to_bf16,
          (const double *restrict x, uint16_t *restrict y, size_t n),
          (x, y, n)) {
  for (size_t i = 0; i < n; i++) y[i] = jk_store_bf16((float)x[i]);
}

void jk_cast(jk_dtype from, const void *x, jk_dtype to, void *y, size_t n) {
  if (from == to) memcpy(y, x, n * (from == JK_FLOAT32 ? 4 : from == JK_BFLOAT16 ? 2 : 8));
  else if (from == JK_FLOAT32 && to == JK_BFLOAT16) f32_to_bf16(x, y, n);
  else if (from == JK_BFLOAT16 && to == JK_FLOAT32) bf16_to_f32(x, y, n);
  else if (from == JK_FLOAT32) f32_to_f64(x, y, n);
  else if (from == JK_BFLOAT16) bf16_to_f64(x, y, n);
  else if (to == JK_FLOAT32) f64_to_f32(x, y, n);
  else f64_to_bf16(x, y, n);
}

JK_KERNEL(void, add_f32, (const float *restrict x, float *restrict y, size_t n), (x, y, n)) {
  JK_WIDE for (size_t i = 0; i < n; i++) y[i] += x[i];
}
JK_KERNEL(void, add_f64, (const double *restrict x, double *restrict y, size_t n), (x, y, n)) {
  for (size_t i = 0; i < n; i++) y[i] += x[i];
}
JK_KERNEL(void, add_bf16, (const uint16_t *restrict x, uint16_t *restrict y, size_t n), (x, y, n)) {
  JK_WIDE for (size_t i = 0; i < n; i++) y[i] = jk_store_bf16(jk_load_bf16(y[i]) + jk_load_bf16(x[i]));
}
JK_KERNEL(void, add_bf16_to_f32,
          (const uint16_t *restrict x, float *restrict y, size_t n),
          (x, y, n)) {
  JK_WIDE for (size_t i = 0; i < n; i++) y[i] += jk_load_bf16(x[i]);
}

void jk_accumulate(jk_dtype from, const void *x, jk_dtype to, void *y, size_t n) {
  if (to == JK_FLOAT64) add_f64(x, y, n);
  else if (to == JK_BFLOAT16) add_bf16(x, y, n);
  else if (from == JK_FLOAT32) add_f32(x, y, n);
  else add_bf16_to_f32(x, y, n);
}

JK_KERNEL(void, residual_f32_bf16,
          (const float *restrict x, const uint16_t *restrict r, float *restrict y, size_t n),
          (x, r, y, n)) {
  JK_WIDE for (size_t i = 0; i < n; i++) y[i] = x[i] + jk_load_bf16(r[i]);
}

void jk_residual(const void *x, const void *r, void *y, size_t n) {
  residual_f32_bf16(x, r, y, n);
}

/* A float is zero when its bits without the sign are: -0 counts as 0. */
#define SELECT(name, type)                                                                       \
  JK_KERNEL(void, name,                                                                          \
            (const type *m, size_t m_step, const type *a, size_t a_step, const type *b,          \
             size_t b_step, type *restrict y, size_t n),                                         \
            (m, m_step, a, a_step, b, b_step, y, n)) {                                           \
    for (size_t i = 0; i < n; i++)                                                               \
      y[i] = (type)(m[i * m_step] << 1) != 0 ? a[i * a_step] : b[i * b_step];                    \
  }
SELECT(select_16, uint16_t)
SELECT(select_32, uint32_t)
SELECT(select_64, uint64_t)

void jk_select(size_t element, const void *m, size_t m_step, const void *a, size_t a_step,
               const void *b, size_t b_step, void *y, size_t n) {
  if (element == 2) select_16(m, m_step, a, a_step, b, b_step, y, n);
  else if (element == 4) select_32(m, m_step, a, a_step, b, b_step, y, n);
  else select_64(m, m_step, a, a_step, b, b_step, y, n);
}

#define TRANSPOSE(name, type)                                                               \
  static void name(const type *restrict x, type *restrict y, size_t rows, size_t columns) { \
    for (size_t r0 = 0; r0 < rows; r0 += 16) {                                              \
      size_t r1 = r0 + 16 < rows ? r0 + 16 : rows;                                          \
      for (size_t c = 0; c < columns; c++)                                                  \
        for (size_t r = r0; r < r1; r++) y[c * rows + r] = x[r * columns + c];              \
    }                                                                                       \
  }
TRANSPOSE(transpose_16, uint16_t)
TRANSPOSE(transpose_32, uint32_t)
TRANSPOSE(transpose_64, uint64_t)

void jk_transpose(size_t element, const void *x, void *y, size_t batch, size_t rows,
                  size_t columns) {
  size_t bytes = element * rows * columns;
  for (size_t b = 0; b < batch; b++) {
    const char *from = (const char *)x + b * bytes;
    char *to = (char *)y + b * bytes;
    if (element == 2) transpose_16((const void *)from, (void *)to, rows, columns);
    else if (element == 4) transpose_32((const void *)from, (void *)to, rows, columns);
    else transpose_64((const void *)from, (void *)to, rows, columns);
  }
}

void jk_gather_rows(const void *x, const int32_t *rows, void *y, size_t count, size_t bytes) {
  for (size_t i = 0; i < count; i++)
    memcpy((char *)y + i * bytes, (const char *)x + (size_t)rows[i] * bytes, bytes);
}

void jk_scatter_add_rows(jk_dtype dtype, const void *x, const int32_t *rows, void *y, size_t count,
                         size_t width) {
  size_t bytes = width * (dtype == JK_FLOAT32 ? 4 : dtype == JK_BFLOAT16 ? 2 : 8);
  for (size_t i = 0; i < count; i++)
    jk_accumulate(dtype, (const char *)x + i * bytes, dtype, (char *)y + (size_t)rows[i] * bytes,
                  width);
}

void jk_patches(const float *x, const int32_t *images, const int32_t *patches, jk_dtype dtype,
                void *y, size_t count, size_t channels, size_t height, size_t width, size_t p) {
  size_t columns = width / p, element = dtype == JK_FLOAT32 ? 4 : dtype == JK_BFLOAT16 ? 2 : 8;
  char *out = y;
  for (size_t i = 0; i < count; i++) {
    size_t top = (size_t)patches[i] / columns * p, left = (size_t)patches[i] % columns * p;
    for (size_t c = 0; c < channels; c++) {
      const float *plane = x + ((size_t)images[i] * channels + c) * height * width;
      for (size_t r = 0; r < p; r++, out += p * element)
        jk_cast(JK_FLOAT32, plane + (top + r) * width + left, dtype, out, p);
    }
  }
}
