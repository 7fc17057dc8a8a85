#include "CJEPAKernels.h"
#include "scalar_math.h"

/* Normal draws in bulk: Philox 4x32-10 (Salmon et al. 2011) on many counters at once, then
 * Box-Muller. A group of LANES blocks of four words gives 4 · LANES draws. */

enum { LANES = 64, GROUP = 4 * LANES };

/* The counter's upper half: no other use of the generator has this value. */
static const uint32_t noise_stream = 3;

typedef struct {
  uint32_t a[LANES], b[LANES], c[LANES], d[LANES];
} noise_words;

JK_INLINE void philox(uint64_t key, uint64_t first, noise_words *w) {
  for (size_t j = 0; j < LANES; j++) {
    w->a[j] = (uint32_t)(first + j);
    w->b[j] = (uint32_t)((first + j) >> 32);
    w->c[j] = noise_stream;
    w->d[j] = 0;
  }
  uint32_t key0 = (uint32_t)key, key1 = (uint32_t)(key >> 32);
  for (int round = 0; round < 10; round++) {
    for (size_t j = 0; j < LANES; j++) {
      uint64_t p = (uint64_t)w->a[j] * 0xD2511F53u;
      uint64_t q = (uint64_t)w->c[j] * 0xCD9E8D57u;
      w->a[j] = (uint32_t)(q >> 32) ^ w->b[j] ^ key0;
      w->b[j] = (uint32_t)q;
      w->c[j] = (uint32_t)(p >> 32) ^ w->d[j] ^ key1;
      w->d[j] = (uint32_t)p;
    }
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

/* Radius √(−2 log u) with u = (⌊w / 2⌋ + ½) / 2³¹, so at most 6.66. */
JK_INLINE float radius_f32(uint32_t w) {
  float u = ((float)(int32_t)(w >> 1) + 0.5f) * 0x1p-31f;
  return jk_sqrt_f32(-2.0f * jk_log_f32(u));
}

/* Sine and cosine of 2π w / 2³². The quadrant comes off as an integer, exactly; the rest lies in
 * [−π/4, π/4), where short Taylor polynomials reach float's precision. */
JK_INLINE void turn_f32(uint32_t w, float *sine, float *cosine) {
  uint32_t quadrant = (w + 0x20000000u) >> 30;
  float x = (float)(int32_t)(w - (quadrant << 30)) * (1.57079632679489662f * 0x1p-30f);
  float z = x * x;
  float s = 2.7557319e-6f;
  s = s * z - 1.98412698e-4f;
  s = s * z + 8.33333333e-3f;
  s = s * z - 1.66666667e-1f;
  s = s * z * x + x;
  float c = -2.7557319e-7f;
  c = c * z + 2.48015873e-5f;
  c = c * z - 1.38888889e-3f;
  c = c * z + 4.16666667e-2f;
  c = c * z - 0.5f;
  c = c * z + 1.0f;
  float sw = (quadrant & 1u) ? c : s;
  float cw = (quadrant & 1u) ? s : c;
  *sine = (quadrant & 2u) ? -sw : sw;
  *cosine = ((quadrant + 1u) & 2u) ? -cw : cw;
}

JK_KERNEL(void, group_f32, (uint64_t key, uint64_t first, float *restrict y), (key, first, y)) {
  noise_words w;
  philox(key, first, &w);
  for (size_t j = 0; j < LANES; j++) {
    float sine, cosine, radius = radius_f32(w.a[j]);
    turn_f32(w.b[j], &sine, &cosine);
    y[j] = radius * cosine;
    y[LANES + j] = radius * sine;
  }
  for (size_t j = 0; j < LANES; j++) {
    float sine, cosine, radius = radius_f32(w.c[j]);
    turn_f32(w.d[j], &sine, &cosine);
    y[2 * LANES + j] = radius * cosine;
    y[3 * LANES + j] = radius * sine;
  }
}

static void pair_f64(uint32_t w0, uint32_t w1, double *first, double *second) {
  double radius = sqrt(-2 * log(((double)(w0 >> 1) + 0.5) * 0x1p-31));
  double angle = (double)w1 * (6.28318530717958647692 * 0x1p-32);
  *first = radius * cos(angle);
  *second = radius * sin(angle);
}

static void group_f64(uint64_t key, uint64_t first, double *y) {
  noise_words w;
  philox(key, first, &w);
  for (size_t j = 0; j < LANES; j++) {
    pair_f64(w.a[j], w.b[j], y + j, y + LANES + j);
    pair_f64(w.c[j], w.d[j], y + 2 * LANES + j, y + 3 * LANES + j);
  }
}

void jk_noise(jk_dtype dtype, uint64_t key, void *y, size_t n) {
  size_t whole = n / GROUP * GROUP, rest = n - whole;
  if (dtype == JK_FLOAT64) {
    double last[GROUP], *out = y;
    for (size_t i = 0; i < whole; i += GROUP) group_f64(key, i / 4, out + i);
    if (rest == 0) return;
    group_f64(key, whole / 4, last);
    memcpy(out + whole, last, rest * sizeof(double));
  } else {
    float last[GROUP], *out = y;
    for (size_t i = 0; i < whole; i += GROUP) group_f32(key, i / 4, out + i);
    if (rest == 0) return;
    group_f32(key, whole / 4, last);
    memcpy(out + whole, last, rest * sizeof(float));
  }
}
