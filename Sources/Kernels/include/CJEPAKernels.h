#ifndef CJEPAKERNELS_H
#define CJEPAKERNELS_H

/* The loops that must vectorise. Every function is single-threaded, allocates nothing and keeps no
 * state. Arrays are contiguous and row-major; `jk_dtype` says what the `void` pointers hold.
 * bfloat16 is read and written as 16-bit words and computed in float. */

#include <stddef.h>
#include <stdint.h>

typedef enum { JK_FLOAT32 = 0, JK_BFLOAT16 = 1, JK_FLOAT64 = 2 } jk_dtype;

/* ---- movement ---- */

void jk_fill(jk_dtype dtype, double value, void *y, size_t n);
void jk_cast(jk_dtype from, const void *x, jk_dtype to, void *y, size_t n);
/* y[c, r] = x[r, c] for each of `batch` matrices of `element` bytes an entry. */
void jk_transpose(size_t element, const void *x, void *y, size_t batch, size_t rows, size_t columns);
/* Copies row `rows[i]` of x (each `bytes` long) to row i of y. */
void jk_gather_rows(const void *x, const int32_t *rows, void *y, size_t count, size_t bytes);
/* y[rows[i], :] += x[i, :]. */
void jk_scatter_add_rows(jk_dtype dtype, const void *x, const int32_t *rows, void *y, size_t count,
                         size_t width);
/* Cuts patch `patches[i]` (row-major on the grid) of image `images[i]`, [channels, p, p], from
 * float images [B, channels, height, width]. */
void jk_patches(const float *x, const int32_t *images, const int32_t *patches, jk_dtype dtype,
                void *y, size_t count, size_t channels, size_t height, size_t width, size_t p);

/* ---- random draws ---- */

/* n draws from N(0, 1), float or double, from the Philox stream of `key`. */
void jk_noise(jk_dtype dtype, uint64_t key, void *y, size_t n);

/* ---- element by element ---- */

typedef enum {
  JK_NEGATE, JK_EXP, JK_LOG, JK_TANH, JK_SIGMOID, JK_GELU, JK_SILU, JK_SOFTPLUS, JK_SQUARE,
  JK_SQRT, JK_ABS, JK_RECIPROCAL, JK_SIN, JK_COS, JK_RELU, JK_SIGN, JK_FLOOR
} jk_unary_op;

typedef enum {
  JK_ADD, JK_SUBTRACT, JK_MULTIPLY, JK_DIVIDE, JK_MAXIMUM, JK_MINIMUM, JK_LESS, JK_GREATER,
  JK_EQUAL
} jk_binary_op;

void jk_unary(jk_unary_op op, jk_dtype dtype, const void *x, void *y, size_t n);
/* dx = dy · f'(x). */
void jk_unary_gradient(jk_unary_op op, jk_dtype dtype, const void *x, const void *dy, void *dx,
                       size_t n);
/* y = table[x] for bfloat16 x, y; the table has an entry for each of their 65,536 values. */
void jk_lookup(const void *table, const void *x, void *y, size_t n);
/* dx = dy · slopes[x] for bfloat16 x, dy, dx and float slopes. */
void jk_lookup_product(const void *slopes, const void *x, const void *dy, void *dx, size_t n);
/* f(v) = Σₖ coefficients[32 k + i] · tᵏ, k < 4, where v lies in part i of 32 equal ones of [start, end),
 * at t ∈ [0, 1) of it. */
typedef struct {
  const float *coefficients;
  float start, end;
} jk_cubics;
/* y = x · f(x) for bfloat16 x, y; outside f's range, and where the processor does not suit, y =
 * table[x]. */
void jk_gate(const jk_cubics *f, const void *table, const void *x, void *y, size_t n);
/* dx = dy · f(x); outside, dy · slopes[x]. */
void jk_slope_product(const jk_cubics *f, const void *slopes, const void *x, const void *dy,
                      void *dx, size_t n);
/* y = op(a, b) for n entries; a step of 0 repeats one entry. */
void jk_binary(jk_binary_op op, jk_dtype dtype, const void *a, size_t a_step, const void *b,
               size_t b_step, void *y, size_t n);
/* y = m ≠ 0 ? a : b, entries of `element` bytes, m of the same type; steps are 0 or 1. */
void jk_select(size_t element, const void *m, size_t m_step, const void *a, size_t a_step,
               const void *b, size_t b_step, void *y, size_t n);
/* y = scale · x + shift. */
void jk_affine(jk_dtype dtype, double scale, double shift, const void *x, void *y, size_t n);
/* y += x, in y's type. */
void jk_accumulate(jk_dtype from, const void *x, jk_dtype to, void *y, size_t n);
/* y = x + r with x, y float32 and r bfloat16: the residual stream of mixed precision. */
void jk_residual(const void *x, const void *r, void *y, size_t n);

/* ---- rows and axes; x is [outer, n, inner] ---- */

void jk_sum(jk_dtype dtype, const void *x, void *y, size_t outer, size_t n, size_t inner);
void jk_maximum(jk_dtype dtype, const void *x, void *y, size_t outer, size_t n, size_t inner);
void jk_cumulative_sum(jk_dtype dtype, const void *x, void *y, size_t rows, size_t n, int reverse);
/* Sum over rows of [rows, n] into float (float32, bfloat16) or double, for biases' gradients. */
void jk_column_sum(jk_dtype dtype, const void *x, void *y, size_t rows, size_t n);
double jk_sum_of_squares(jk_dtype dtype, const void *x, size_t n);

void jk_softmax(jk_dtype dtype, const void *x, void *y, size_t rows, size_t n);
/* dx = y ∘ (dy − Σ y ∘ dy). */
void jk_softmax_gradient(jk_dtype dtype, const void *y, const void *dy, void *dx, size_t rows,
                         size_t n);
/* y[r] = log Σ exp x[r, :]; a row of -inf gives -inf. */
void jk_log_sum_exp(jk_dtype dtype, const void *x, void *y, size_t rows, size_t n);

/* y = (x − mean) · rstd · weight + bias over each row; weight and bias may be null. x may be wider
 * than y. mean and rstd [rows] are float for float32 and bfloat16, double for float64; the
 * weights have that type too. */
void jk_layer_norm(jk_dtype x_dtype, const void *x, const void *weight, const void *bias,
                   double epsilon, jk_dtype y_dtype, void *y, void *mean, void *rstd, size_t rows,
                   size_t n);
/* dx in x's type; dweight and dbias are added to, and may be null. */
void jk_layer_norm_gradient(jk_dtype x_dtype, const void *x, const void *weight, const void *mean,
                            const void *rstd, jk_dtype dy_dtype, const void *dy, void *dx,
                            void *dweight, void *dbias, size_t rows, size_t n);

/* ---- adaptive layer normalisation ---- */

/* The modulations of `count` rows: row r has context[r / copies] + time[time_rows[r]], each of
 * `parts` · n numbers: shifts, scales and, where there are three parts, gates. context may be null,
 * and time_rows too: then all rows have time[0]. float or double. */
typedef struct {
  const void *context;
  size_t copies;
  const void *time;
  const int32_t *time_rows;
  size_t parts;
} jk_modulation;

/* y = (1 + scale) ∘ (x − mean) · rstd + shift. x, mean, rstd and modulations are in the accumulation
 * type of `dtype`, y is in `dtype`. */
void jk_modulate(jk_dtype dtype, const void *x, jk_modulation m, double epsilon, void *y,
                 void *mean, void *rstd, size_t count, size_t n);
/* dcontext and dtime are added to, and may be null. */
void jk_modulate_gradient(jk_dtype dtype, const void *x, jk_modulation m, const void *mean,
                          const void *rstd, const void *dy, void *dx, void *dcontext, void *dtime,
                          size_t count, size_t n);
/* y = h + gate ∘ u, with u in `dtype` and h and y in its accumulation type. */
void jk_add_gated(jk_dtype dtype, const void *h, const void *u, jk_modulation m, void *y,
                  size_t count, size_t n);
void jk_add_gated_gradient(jk_dtype dtype, const void *u, jk_modulation m, const void *dy,
                           void *du, void *dcontext, void *dtime, size_t count, size_t n);

/* Smooth L1 (Huber with β): y = d²/2β where |d| < β, else |d| − β/2, d = x − t. */
void jk_smooth_l1(jk_dtype dtype, const void *x, const void *t, double beta, void *y, size_t n);
void jk_smooth_l1_gradient(jk_dtype dtype, const void *x, const void *t, double beta,
                           const void *dy, void *dx, size_t n);

/* ---- attention over packed sequences ---- */

/* Bytes of scratch that the two functions below need for sequences up to `longest`. */
size_t jk_attention_scratch(jk_dtype dtype, size_t longest, size_t head_width);
/* qkv is [T, 3, heads, head_width]; sequence s holds the tokens offsets[s] ..< offsets[s + 1] and
 * attends within itself: y [T, heads, head_width] = softmax(q kᵀ · scale) v. `causal` masks keys
 * after the query. */
void jk_attention(jk_dtype dtype, const void *qkv, const int32_t *offsets, size_t sequences,
                  size_t heads, size_t head_width, double scale, int causal, void *y,
                  void *scratch);
void jk_attention_gradient(jk_dtype dtype, const void *qkv, const void *dy,
                           const int32_t *offsets, size_t sequences, size_t heads,
                           size_t head_width, double scale, int causal, void *dqkv, void *scratch);
/* The same for bfloat16, where jk_instructions() is JK_AMX. */
size_t jk_attention_tiles_scratch(size_t longest, size_t head_width);
void jk_attention_tiles(const void *qkv, const int32_t *offsets, size_t sequences, size_t heads,
                        size_t head_width, double scale, int causal, void *y, void *scratch);
void jk_attention_tiles_gradient(const void *qkv, const void *dy, const int32_t *offsets,
                                 size_t sequences, size_t heads, size_t head_width, double scale,
                                 int causal, void *dqkv, void *scratch);

/* ---- optimiser; parameters, moments and gradients are float32 or float64 ---- */

/* AdamW (Loshchilov & Hutter 2019): p ← p(1 − lr·decay); m, v moving averages;
 * p ← p − (lr / correction1) m / (√v / √correction2 + ε). */
void jk_adamw(jk_dtype dtype, void *p, const void *gradient, double gradient_scale, void *m,
              void *v, double learning_rate, double beta1, double beta2, double epsilon,
              double weight_decay, double correction1, double correction2, size_t n);
/* average ← momentum · average + (1 − momentum) · p. */
void jk_moving_average(jk_dtype dtype, void *average, const void *p, double momentum, size_t n);

#include "CJEPACoupling.h"

#include "CJEPAMixture.h"

#include "CJEPACoordinateMixture.h"

#endif
