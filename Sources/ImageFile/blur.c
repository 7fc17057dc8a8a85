#include "CJEPAImageFile.h"
#include "CJEPAProcessor.h"

JK_PUBLIC_KERNEL(void, cjepa_box_blur_columns,
                 (const uint8_t *input, uint8_t *output, int32_t row_bytes, int32_t rows,
                  int32_t radius, uint32_t whole, uint32_t fraction, uint32_t *sums),
                 (input, output, row_bytes, rows, radius, whole, fraction, sums)) {
#define ROW(y) (input + (ptrdiff_t)((y) < 0 ? 0 : (y) >= rows ? rows - 1 : (y)) * row_bytes)
  for (int32_t x = 0; x < row_bytes; x++) sums[x] = 0;
  for (int32_t d = -radius; d <= radius; d++) {
    const uint8_t *row = ROW(d);
    for (int32_t x = 0; x < row_bytes; x++) sums[x] += row[x];
  }
  for (int32_t y = 0; y < rows; y++) {
    const uint8_t *above = ROW(y - radius - 1), *below = ROW(y + radius + 1);
    const uint8_t *leaving = ROW(y - radius);
    uint8_t *result = output + (ptrdiff_t)y * row_bytes;
    for (int32_t x = 0; x < row_bytes; x++) {
      uint32_t ends = (uint32_t)above[x] + below[x];
      result[x] = (uint8_t)((sums[x] * whole + ends * fraction + (1u << 23)) >> 24);
      sums[x] += (uint32_t)below[x] - leaving[x];
    }
  }
#undef ROW
}

void cjepa_transpose_pixels(const uint8_t *input, uint8_t *output, int32_t height, int32_t width) {
  for (int32_t y = 0; y < height; y++) {
    for (int32_t x = 0; x < width; x++) {
      const uint8_t *from = input + 3 * ((ptrdiff_t)y * width + x);
      uint8_t *to = output + 3 * ((ptrdiff_t)x * height + y);
      to[0] = from[0];
      to[1] = from[1];
      to[2] = from[2];
    }
  }
}
