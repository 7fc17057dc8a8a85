#include "CJEPAKernels.h"
#include "scalar_math.h"

#define JK_TYPE 32
#include "elementwise.inc.h"
#undef JK_TYPE
#define JK_TYPE 16
#include "elementwise.inc.h"
#undef JK_TYPE
#define JK_TYPE 64
#include "elementwise.inc.h"
#undef JK_TYPE

void jk_unary(jk_unary_op op, jk_dtype dtype, const void *x, void *y, size_t n) {
  switch (dtype) {
    case JK_FLOAT32: unary_f32(op, x, y, n); break;
    case JK_BFLOAT16: unary_bf16(op, x, y, n); break;
    case JK_FLOAT64: unary_f64(op, x, y, n); break;
  }
}

void jk_unary_gradient(jk_unary_op op, jk_dtype dtype, const void *x, const void *dy, void *dx,
                       size_t n) {
  switch (dtype) {
    case JK_FLOAT32: unary_gradient_f32(op, x, dy, dx, n); break;
    case JK_BFLOAT16: unary_gradient_bf16(op, x, dy, dx, n); break;
    case JK_FLOAT64: unary_gradient_f64(op, x, dy, dx, n); break;
  }
}

void jk_binary(jk_binary_op op, jk_dtype dtype, const void *a, size_t a_step, const void *b,
               size_t b_step, void *y, size_t n) {
  switch (dtype) {
    case JK_FLOAT32: binary_f32(op, a, a_step, b, b_step, y, n); break;
    case JK_BFLOAT16: binary_bf16(op, a, a_step, b, b_step, y, n); break;
    case JK_FLOAT64: binary_f64(op, a, a_step, b, b_step, y, n); break;
  }
}

void jk_affine(jk_dtype dtype, double scale, double shift, const void *x, void *y, size_t n) {
  switch (dtype) {
    case JK_FLOAT32: affine_f32((float)scale, (float)shift, x, y, n); break;
    case JK_BFLOAT16: affine_bf16((float)scale, (float)shift, x, y, n); break;
    case JK_FLOAT64: affine_f64(scale, shift, x, y, n); break;
  }
}

void jk_fill(jk_dtype dtype, double value, void *y, size_t n) {
  switch (dtype) {
    case JK_FLOAT32: fill_f32((float)value, y, n); break;
    case JK_BFLOAT16: fill_bf16((float)value, y, n); break;
    case JK_FLOAT64: fill_f64(value, y, n); break;
  }
}

void jk_smooth_l1(jk_dtype dtype, const void *x, const void *t, double beta, void *y, size_t n) {
  switch (dtype) {
    case JK_FLOAT32: smooth_l1_f32(x, t, (float)beta, y, n); break;
    case JK_BFLOAT16: smooth_l1_bf16(x, t, (float)beta, y, n); break;
    case JK_FLOAT64: smooth_l1_f64(x, t, beta, y, n); break;
  }
}

void jk_smooth_l1_gradient(jk_dtype dtype, const void *x, const void *t, double beta,
                           const void *dy, void *dx, size_t n) {
  switch (dtype) {
    case JK_FLOAT32: smooth_l1_gradient_f32(x, t, (float)beta, dy, dx, n); break;
    case JK_BFLOAT16: smooth_l1_gradient_bf16(x, t, (float)beta, dy, dx, n); break;
    case JK_FLOAT64: smooth_l1_gradient_f64(x, t, beta, dy, dx, n); break;
  }
}
