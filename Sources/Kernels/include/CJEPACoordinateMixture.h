#ifndef CJEPACOORDINATEMIXTURE_H
#define CJEPACOORDINATEMIXTURE_H

/* One-dimensional mixtures of K location-scale components, many at a time, and the products that
 * compute their parameters one row after another. Included by CJEPAKernels.h. */

typedef enum { JK_GAUSSIAN = 0, JK_LOGISTIC = 1, JK_LAPLACE = 2 } jk_component;

/* Parameters p are [rows, 3, K, n] of `dtype`: logits, means, raw log-scales; the scale is
 * eʳᵃʷ + floor. y, density, total, norm, upstream and dy are [rows, n] of the computed type (float
 * for float32 and bfloat16, double for float64).
 * density = log Σₖ softmax(logits)ₖ f((y − μₖ)/sₖ)/sₖ. `total` (the log-sum-exp of logits + log f)
 * and `norm` (that of the logits) are kept for the gradient. */
void jk_mixture_density(jk_component component, jk_dtype dtype, const void *p, const void *y,
                        double floor, void *density, void *total, void *norm, size_t rows,
                        size_t k, size_t n);
/* dp in p's type; dy may be null. */
void jk_mixture_density_gradient(jk_component component, jk_dtype dtype, const void *p,
                                 const void *y, double floor, const void *total,
                                 const void *norm, const void *upstream, void *dp, void *dy,
                                 size_t rows, size_t k, size_t n);
/* One draw per mixture from two uniform numbers in (0, 1): `pick` chooses the component, `level` is
 * its quantile. p is [3, K, n], float32 or float64; y = draw + shift, mean = Σ softmaxₖ μₖ + shift.
 * shift and mean may be null. */
void jk_mixture_draw(jk_component component, jk_dtype dtype, const void *p, const void *pick,
                     const void *level, const void *shift, double floor, void *y, void *mean,
                     size_t k, size_t n);

/* y[m, :] = bias[m] + Σ_{i < depth} w[m, i] x[i, :] for `rows` rows of w, `stride` entries apart, and
 * `columns` columns of x and y, contiguous, a multiple of 32. bias may be null. float32 or float64.
 * Each sum runs over i in order, whatever the sizes. */
void jk_prefix_product(jk_dtype dtype, const void *w, size_t stride, const void *bias,
                       const void *x, void *y, size_t rows, size_t depth, size_t columns);

/* n numbers uniform in (0, 1), never 0 or 1, symmetric about ½: words `first` … `first + n − 1` of
 * Philox 4x32-10 under `key`; `first` and n are multiples of 4. 23 bits in float, 32 in double. */
void jk_open_uniform(jk_dtype dtype, uint64_t key, uint64_t first, void *y, size_t n);

#endif
