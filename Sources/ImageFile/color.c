#include "CJEPAImageFile.h"
#include "CJEPAProcessor.h"

#include <math.h>

/* The Python Imaging Library's results need each product rounded before it is added. */
#pragma STDC FP_CONTRACT OFF

static inline uint8_t luma(const uint8_t *p) {
  return (uint8_t)((p[0] * 19595u + p[1] * 38470u + p[2] * 7471u + 0x8000u) >> 16);
}

uint8_t cjepa_luma(uint8_t red, uint8_t green, uint8_t blue) {
  uint8_t pixel[3] = {red, green, blue};
  return luma(pixel);
}

JK_PUBLIC_KERNEL(uint64_t, cjepa_luma_sum,
                 (const uint8_t *pixels, size_t count),
                 (pixels, count)) {
  uint64_t sum = 0;
  for (size_t i = 0; i < count; i++) sum += luma(pixels + 3 * i);
  return sum;
}

JK_PUBLIC_KERNEL(void, cjepa_grayscale,
                 (uint8_t *pixels, size_t count),
                 (pixels, count)) {
  for (size_t i = 0; i < count; i++) {
    uint8_t value = luma(pixels + 3 * i);
    pixels[3 * i] = value;
    pixels[3 * i + 1] = value;
    pixels[3 * i + 2] = value;
  }
}

static inline uint8_t blend(int32_t from, int32_t to, float factor) {
  float value = (float)from + factor * (float)(to - from);
  value = value < 0 ? 0 : value;
  value = value > 255 ? 255 : value;
  return (uint8_t)(int32_t)value;
}

JK_PUBLIC_KERNEL(void, cjepa_blend_from_value,
                 (uint8_t *pixels, size_t count, uint8_t value, float factor),
                 (pixels, count, value, factor)) {
  for (size_t i = 0; i < 3 * count; i++) pixels[i] = blend(value, pixels[i], factor);
}

JK_PUBLIC_KERNEL(void, cjepa_blend_from_luma,
                 (uint8_t *pixels, size_t count, float factor),
                 (pixels, count, factor)) {
  for (size_t i = 0; i < count; i++) {
    uint8_t *p = pixels + 3 * i;
    uint8_t value = luma(p);
    for (int c = 0; c < 3; c++) p[c] = blend(value, p[c], factor);
  }
}

static inline uint8_t byte(double x) {
  return (uint8_t)(x < 0 ? 0 : x > 255 ? 255 : x);
}

typedef struct {
  uint8_t hue, saturation, value;
} hsv;

static hsv hsv_from_rgb(const uint8_t *p) {
  uint8_t most = p[0] > p[1] ? p[0] : p[1];
  uint8_t least = p[0] < p[1] ? p[0] : p[1];
  if (p[2] > most) most = p[2];
  if (p[2] < least) least = p[2];
  if (most == least) return (hsv){0, 0, most};
  float range = (float)(most - least);
  float r = (float)(most - p[0]) / range;
  float g = (float)(most - p[1]) / range;
  float b = (float)(most - p[2]) / range;
  float sector; /* -1 ... 5 */
  if (p[0] == most) {
    sector = b - g;
  } else if (p[1] == most) {
    sector = (float)(2.0 + r - b);
  } else {
    sector = (float)(4.0 + g - r);
  }
  double turns = sector / 6.0 + 1.0;
  float hue = (float)(turns >= 1.0 ? turns - 1.0 : turns);
  return (hsv){byte(hue * 255.0), byte(range / (float)most * 255.0), most};
}

static void rgb_from_hsv(hsv color, uint8_t *p) {
  uint8_t v = color.value;
  if (color.saturation == 0) {
    p[0] = p[1] = p[2] = v;
    return;
  }
  double turns = color.hue * 6.0 / 255.0;
  int sector = (int)turns;
  float f = (float)(turns - sector);
  float s = (float)(color.saturation / 255.0);
  uint8_t least = byte(floor(v * (1.0 - s) + 0.5));
  uint8_t falling = byte(floor(v * (1.0 - s * f) + 0.5));
  uint8_t rising = byte(floor(v * (1.0 - s * (1.0 - f)) + 0.5));
  switch (sector % 6) {
    case 0: p[0] = v, p[1] = rising, p[2] = least; break;
    case 1: p[0] = falling, p[1] = v, p[2] = least; break;
    case 2: p[0] = least, p[1] = v, p[2] = rising; break;
    case 3: p[0] = least, p[1] = falling, p[2] = v; break;
    case 4: p[0] = rising, p[1] = least, p[2] = v; break;
    default: p[0] = v, p[1] = least, p[2] = falling; break;
  }
}

void cjepa_shift_hue(uint8_t *pixels, size_t count, uint8_t step) {
  for (size_t i = 0; i < count; i++) {
    hsv color = hsv_from_rgb(pixels + 3 * i);
    color.hue = (uint8_t)(color.hue + step);
    rgb_from_hsv(color, pixels + 3 * i);
  }
}
