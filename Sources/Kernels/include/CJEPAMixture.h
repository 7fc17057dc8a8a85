#ifndef CJEPAMIXTURE_H
#define CJEPAMIXTURE_H

/* Densities of Gaussian mixtures; included by CJEPAKernels.h.
 *
 * K components in D dimensions, a mixture per row of `rows`. `dtype` is the type of what a network
 * gave (logits, means, scales, factors) and of its gradients; y, log-weights, densities and their
 * gradients have the type that is computed in: float for float32 and bfloat16, double for float64.
 * Log-scales have a soft floor: log σ = log(exp(raw) + exp(log_floor)); -INFINITY is none. */

/* Bytes of scratch that the two functions below need. */
size_t jk_gaussian_mixture_scratch(jk_dtype dtype, size_t rank, size_t dimensions);
/* log Σₖ exp(log_weights[k]) N(y; means[k], diag σ[k]² + factors[k]ᵀ factors[k]) per row.
 * y [rows, D]; log_weights [rows, K]; means and log_scales [rows, K, D]; factors [rows, K, rank, D],
 * not read where rank is 0. joint [rows, K] receives log weight + log density of each component,
 * y_density [rows] their logarithmic sum. */
void jk_gaussian_mixture(jk_dtype dtype, const void *y, const void *log_weights, const void *means,
                         const void *log_scales, double log_floor, const void *factors, size_t rank,
                         void *joint, void *y_density, void *scratch, size_t rows,
                         size_t components, size_t dimensions);
/* Gradients from dy_density [rows]; joint and y_density are those of the forward pass. */
void jk_gaussian_mixture_gradient(jk_dtype dtype, const void *y, const void *means,
                                  const void *log_scales, double log_floor, const void *factors,
                                  size_t rank, const void *joint, const void *y_density,
                                  const void *dy_density, void *dlog_weights, void *dmeans,
                                  void *dlog_scales, void *dfactors, void *scratch, size_t rows,
                                  size_t components, size_t dimensions);

/* Draws from a mixture per coordinate: y[i, d] = means[r, k, d] + scales[r, k, d] · normal[i, d], r = chosen_rows[i], with the
 * component k that uniform[i, d] falls on by weights[r, ·, d]. All of `dtype`, not bfloat16. */
void jk_gaussian_coordinates_draw(jk_dtype dtype, const void *weights, const void *means,
                                  const void *scales, const int32_t *chosen_rows,
                                  const void *uniform, const void *normal, void *y, size_t count,
                                  size_t components, size_t dimensions);

#endif
