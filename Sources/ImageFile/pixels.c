#include "CJEPAImageFile.h"
#include "CJEPAProcessor.h"

#define FRACTION_BITS 22
#define HALF (1 << (FRACTION_BITS - 1))

static inline uint8_t clamped(int32_t sum) {
  int32_t value = sum >> FRACTION_BITS;
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

void cjepa_resample_rows(const uint8_t *input, ptrdiff_t input_stride, uint8_t *output,
                         ptrdiff_t output_stride, int32_t rows, int32_t output_width,
                         const int32_t *firsts, const int32_t *counts, const int32_t *weights,
                         int32_t taps) {
  for (int32_t y = 0; y < rows; y++) {
    const uint8_t *line = input + y * input_stride;
    uint8_t *result = output + y * output_stride;
    for (int32_t x = 0; x < output_width; x++) {
      const uint8_t *pixel = line + 3 * (ptrdiff_t)firsts[x];
      const int32_t *weight = weights + (ptrdiff_t)x * taps;
      int32_t red = HALF, green = HALF, blue = HALF;
      for (int32_t t = 0; t < counts[x]; t++) {
        red += weight[t] * pixel[3 * t];
        green += weight[t] * pixel[3 * t + 1];
        blue += weight[t] * pixel[3 * t + 2];
      }
      result[3 * x] = clamped(red);
      result[3 * x + 1] = clamped(green);
      result[3 * x + 2] = clamped(blue);
    }
  }
}

#define BLOCK 64

JK_PUBLIC_KERNEL(void, cjepa_resample_columns,
                 (const uint8_t *input, ptrdiff_t input_stride, uint8_t *output,
                  ptrdiff_t output_stride, int32_t row_bytes, int32_t output_height,
                  const int32_t *firsts, const int32_t *counts, const int32_t *weights,
                  int32_t taps),
                 (input, input_stride, output, output_stride, row_bytes, output_height, firsts,
                  counts, weights, taps)) {
  for (int32_t y = 0; y < output_height; y++) {
    const uint8_t *top = input + (ptrdiff_t)firsts[y] * input_stride;
    const int32_t *weight = weights + (ptrdiff_t)y * taps;
    uint8_t *result = output + y * output_stride;
    int32_t x = 0;
    for (; x + BLOCK <= row_bytes; x += BLOCK) {
      int32_t sums[BLOCK];
      for (int i = 0; i < BLOCK; i++) sums[i] = HALF;
      for (int32_t t = 0; t < counts[y]; t++) {
        const uint8_t *line = top + t * input_stride + x;
        int32_t w = weight[t];
        for (int i = 0; i < BLOCK; i++) sums[i] += w * line[i];
      }
      for (int i = 0; i < BLOCK; i++) result[x + i] = clamped(sums[i]);
    }
    for (; x < row_bytes; x++) {
      int32_t sum = HALF;
      for (int32_t t = 0; t < counts[y]; t++) sum += weight[t] * top[t * input_stride + x];
      result[x] = clamped(sum);
    }
  }
}

void cjepa_planes_from_pixels(const uint8_t *pixels, size_t count, const float *table,
                              float *planes) {
  const float *red = table, *green = table + 256, *blue = table + 512;
  for (size_t i = 0; i < count; i++) {
    planes[i] = red[pixels[3 * i]];
    planes[count + i] = green[pixels[3 * i + 1]];
    planes[2 * count + i] = blue[pixels[3 * i + 2]];
  }
}
