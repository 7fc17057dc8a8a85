#ifndef JK_SCALAR_MATH_H
#define JK_SCALAR_MATH_H

/* Branch-free float versions of the C library's functions, so that loops over them vectorise, and
 * the C library's own for double. Relative error of the float versions: about 2 units in the last
 * place. */

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "CJEPAProcessor.h"

/* Before a loop over floats: unasked, compilers take 256-bit vectors even where there are wider ones,
 * and several at once, which leaves the rest of short rows to a loop over single numbers. */
#define JK_WIDE _Pragma("clang loop vectorize_width(16) interleave_count(1)")

JK_INLINE float jk_bits_to_float(uint32_t bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

JK_INLINE uint32_t jk_float_to_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return bits;
}

JK_INLINE float jk_load_bf16(uint16_t x) { return jk_bits_to_float((uint32_t)x << 16); }

/* Round to nearest, ties to even; a NaN stays a NaN. */
JK_INLINE uint16_t jk_store_bf16(float x) {
  uint32_t bits = jk_float_to_bits(x);
  uint32_t rounded = (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
  uint32_t quiet = (bits >> 16) | 0x40u;
  return (uint16_t)((bits & 0x7FFFFFFFu) > 0x7F800000u ? quiet : rounded);
}

/* The same where the processor does it: for functions with JK_ROUNDING_TARGET. */
JK_INLINE uint16_t jk_round_bf16(float x) {
  __bf16 rounded = (__bf16)x;
  uint16_t bits;
  memcpy(&bits, &rounded, 2);
  return bits;
}

/* exp(x − n ln 2), n the whole number nearest to x / ln 2: Cody-Waite reduction to |r| ≤ ln 2 / 2, then
 * a degree-6 polynomial. */
JK_INLINE float jk_exp_remainder_f32(float x, float n) {
  float r = x - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  return p * r * r + r + 1.0f;
}

/* 2ⁿ in two halves, so that the subnormal and the overflowing end come out right. */
JK_INLINE float jk_exp_f32(float x) {
  x = x > 89.0f ? 89.0f : x;
  x = x < -104.0f ? -104.0f : x;
  float n = x * 1.44269504088896341f + 12582912.0f;
  n = n - 12582912.0f;
  float p = jk_exp_remainder_f32(x, n);
  int32_t whole = (int32_t)(n == n ? n : 0.0f);
  int32_t half = whole >> 1;
  float low = jk_bits_to_float((uint32_t)(half + 127) << 23);
  float high = jk_bits_to_float((uint32_t)(whole - half + 127) << 23);
  return p * low * high;
}

/* eˣ for x ≤ 0, where what is below e⁻⁸⁰ may count as that: fewer operations than above, and no subnormals. */
JK_INLINE float jk_exp_falling_f32(float x) {
  x = x < -80.0f ? -80.0f : x;
  float shifted = x * 1.44269504088896341f + 12582912.0f; /* its low bits hold the exponent */
  float n = shifted - 12582912.0f;
  float p = jk_exp_remainder_f32(x, n);
  return p * jk_bits_to_float((jk_float_to_bits(shifted) << 23) + 0x3F800000u);
}

/* x = 2ᵉ m with m in [√½, √2), then a degree-9 polynomial in m − 1. */
JK_INLINE float jk_log_f32(float x) {
  int subnormal = x < 1.17549435e-38f;
  float scaled = subnormal ? x * 8388608.0f : x;
  uint32_t bits = jk_float_to_bits(scaled);
  int32_t exponent = (int32_t)(bits >> 23) - 126;
  float m = jk_bits_to_float((bits & 0x007FFFFFu) | 0x3F000000u);
  int small = m < 0.707106781186547524f;
  exponent -= small;
  m = small ? m + m : m;
  float e = (float)exponent - (subnormal ? 23.0f : 0.0f);
  float f = m - 1.0f;
  float z = f * f;
  float p = 7.0376836292e-2f;
  p = p * f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  p = p * f * z;
  p = p + e * -2.12194440e-4f - 0.5f * z;
  float y = f + p + e * 0.693359375f;
  y = x > 3.402823466e38f ? x : y;
  y = x == 0.0f ? -INFINITY : y;
  y = x < 0.0f ? NAN : y;
  return x == x ? y : x;
}

JK_INLINE float jk_tanh_f32(float x) {
  float a = fabsf(x);
  float z = x * x;
  float p = -5.70498872745e-3f;
  p = p * z + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  float near = x + x * z * p;
  float far = 1.0f - 2.0f / (jk_exp_f32(2.0f * a) + 1.0f);
  far = x < 0.0f ? -far : far;
  return a < 0.625f ? near : far;
}

/* Φ(x) − ½ is odd: x times a rational function of x², by least squares for the smallest largest error. Within
 * 2.1e-7 of the normal distribution function Φ: what 1 + erf loses left of zero in float, this loses too. */
JK_INLINE float jk_normal_cdf_f32(float x) {
  const float end = 5.6f;
  float z = x * x;
  z = z < end * end ? z : end * end;
  float p = 2.214510352871457e-08f;
  p = p * z + 6.356427547871135e-06f;
  p = p * z + 1.7384673992637545e-04f;
  p = p * z + 4.707234911620617e-03f;
  p = p * z + 3.437580168247223e-02f;
  p = p * z + 3.98942232131958e-01f;
  float q = 1.1801979553638375e-06f;
  q = q * z + 7.510022260248661e-05f;
  q = q * z + 1.9129563588649035e-03f;
  q = q * z + 2.8939899057149887e-02f;
  q = q * z + 2.528330683708191e-01f;
  q = q * z + 1.0f;
  float phi = 0.5f + x * (p / q);
  phi = x > end ? 1.0f : phi;
  return x < -end ? 0.0f : phi;
}

/* d (x Φ(x)) / dx = Φ(x) + x φ(x), in the same way: within 2.7e-7. */
JK_INLINE float jk_gelu_slope_f32(float x) {
  const float end = 6.2f;
  float z = x * x;
  z = z < end * end ? z : end * end;
  float p = -1.2344107507000768e-11f;
  p = p * z + 2.24357221689786e-09f;
  p = p * z - 4.474657444575314e-08f;
  p = p * z + 3.352428029756993e-05f;
  p = p * z - 1.1556055687833577e-04f;
  p = p * z + 1.446877047419548e-02f;
  p = p * z - 3.94793339073658e-02f;
  p = p * z + 7.978848814964294e-01f;
  float q = 6.190382464410504e-06f;
  q = q * z + 1.582375989528373e-04f;
  q = q * z + 3.061560681089759e-03f;
  q = q * z + 3.774441033601761e-02f;
  q = q * z + 2.838568091392517e-01f;
  q = q * z + 1.0f;
  float slope = 0.5f + x * (p / q);
  slope = x > end ? 1.0f : slope;
  return x < -end ? 0.0f : slope;
}

JK_INLINE double jk_normal_cdf_f64(double x) { return 0.5 * erfc(-x * 0.70710678118654752440); }
JK_INLINE double jk_gelu_slope_f64(double x) {
  return jk_normal_cdf_f64(x) + x * exp(-0.5 * x * x) * 0.39894228040143267794;
}

JK_INLINE double jk_exp_f64(double x) { return exp(x); }
JK_INLINE double jk_exp_falling_f64(double x) { return exp(x); }
JK_INLINE double jk_log_f64(double x) { return log(x); }
JK_INLINE double jk_tanh_f64(double x) { return tanh(x); }
JK_INLINE float jk_sin_f32(float x) { return sinf(x); }
JK_INLINE float jk_cos_f32(float x) { return cosf(x); }
JK_INLINE double jk_sin_f64(double x) { return sin(x); }
JK_INLINE double jk_cos_f64(double x) { return cos(x); }
JK_INLINE float jk_sqrt_f32(float x) { return __builtin_elementwise_sqrt(x); }
JK_INLINE double jk_sqrt_f64(double x) { return __builtin_elementwise_sqrt(x); }

#endif
