#ifndef CJEPACOUPLING_H
#define CJEPACOUPLING_H

/* Layers of coupling flows. A row of x holds D coordinates and, last, the running log |det| of the
 * maps before: `stride` = D + 1 entries. x, y and their gradients are float (double for float64
 * parameters); `dtype` is the type of `raw`, the network's unbounded parameters. Row r reads row
 * r mod `raw_rows` of `raw`. `columns` names `count` different coordinates; the others pass as they
 * are. */

/* y[r, j] = v / √(1 + (v / bound)²) with v = x[r, columns[j]]: what a network may read of them. */
void jk_coupling_input(jk_dtype dtype, const void *x, const int32_t *columns, size_t count,
                       double bound, void *y, size_t rows, size_t stride);
void jk_coupling_input_gradient(jk_dtype dtype, const void *x, const void *dy,
                                const int32_t *columns, size_t count, double bound, void *dx,
                                size_t rows, size_t stride);

/* v ← v eˢ + t, log |det| ← log |det| + Σ s, with s = a / (1 + |a| / bound) and a row of raw
 * [a₁ … a_count, t₁ … t_count]; the reverse where `inverse`. */
void jk_affine_coupling(jk_dtype dtype, const void *x, const void *raw, size_t raw_rows,
                        const int32_t *columns, size_t count, double bound, int inverse, void *y,
                        size_t rows, size_t stride);
/* Of the forward direction, with raw_rows = rows. */
void jk_affine_coupling_gradient(jk_dtype dtype, const void *x, const void *raw, const void *dy,
                                 const int32_t *columns, size_t count, double bound, void *dx,
                                 void *draw, size_t rows, size_t stride);

enum { JK_SPLINE_BINS = 64 };  /* the most bins a spline may have */

/* v ← spline(v), log |det| ← log |det| + Σ log spline′(v): monotonic rational-quadratic splines on
 * [−tail, tail], the identity outside. A row of raw is [3 bins − 1, count]: logits of the widths,
 * of the heights, and logarithms of the inner knots' derivatives, all softly bounded so that no
 * ratio of bins and no derivative is beyond `slope` and its inverse. */
void jk_spline_coupling(jk_dtype dtype, const void *x, const void *raw, size_t raw_rows,
                        const int32_t *columns, size_t count, size_t bins, double tail,
                        double slope, int inverse, void *y, size_t rows, size_t stride);
void jk_spline_coupling_gradient(jk_dtype dtype, const void *x, const void *raw, const void *dy,
                                 const int32_t *columns, size_t count, size_t bins, double tail,
                                 double slope, void *dx, void *draw, size_t rows, size_t stride);

#endif
