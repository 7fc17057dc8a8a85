/* Gaussian mixtures for one type; see types.h. */
#include "types.h"

/* log(exp raw + exp floor); *share receives its slope, the part of exp raw. */
JK_INLINE A NAME(soft_floor)(A raw, A floor, A *share) {
  A above = raw - floor;
  A e = MATH(jk_exp)(above < 0 ? above : -above);
  A part = 1 / (1 + e);
  *share = above < 0 ? e * part : part;
  return (above < 0 ? floor : raw) + MATH(jk_log)(1 + e);
}

/* z = (y − mean) / σ and 1 / σ over one component; returns Σ log σ. */
JK_KERNEL(A, NAME(standardise),
          (const A *restrict y, const T *restrict mean, const T *restrict raw, A floor,
           A *restrict z, A *restrict inverse, size_t n),
          (y, mean, raw, floor, z, inverse, n)) {
#pragma clang fp reassociate(on)
  A total = 0;
  for (size_t i = 0; i < n; i++) {
    A share, s = NAME(soft_floor)(LOAD(raw[i]), floor, &share);
    A r = MATH(jk_exp)(-s);
    total += s;
    inverse[i] = r;
    z[i] = (y[i] - LOAD(mean[i])) * r;
  }
  return total;
}

/* Σ log σ + z²/2 without keeping z. */
JK_KERNEL(A, NAME(diagonal_cost),
          (const A *restrict y, const T *restrict mean, const T *restrict raw, A floor, size_t n),
          (y, mean, raw, floor, n)) {
#pragma clang fp reassociate(on)
  A total = 0;
  for (size_t i = 0; i < n; i++) {
    A share, s = NAME(soft_floor)(LOAD(raw[i]), floor, &share);
    A z = (y[i] - LOAD(mean[i])) * MATH(jk_exp)(-s);
    total += s + (A)0.5 * z * z;
  }
  return total;
}

JK_KERNEL(void, NAME(diagonal_slopes),
          (const A *restrict y, const T *restrict mean, const T *restrict raw, A floor, A g,
           T *restrict dmean, T *restrict draw, size_t n),
          (y, mean, raw, floor, g, dmean, draw, n)) {
  for (size_t i = 0; i < n; i++) {
    A share, s = NAME(soft_floor)(LOAD(raw[i]), floor, &share);
    A r = MATH(jk_exp)(-s);
    A z = (y[i] - LOAD(mean[i])) * r;
    dmean[i] = STORE((A)(g * z * r));
    draw[i] = STORE((A)(g * (z * z - 1) * share));
  }
}

/* The parts of one component with factors. With V = U/σ, M = I + V Vᵀ (rank × rank, U and V one
 * factor per row) and t = M⁻¹ V z,
 *   log det Σ = 2 Σ log σ + log det M   and   (y−μ)ᵀ Σ⁻¹ (y−μ) = |z − Vᵀt|² + |t|²:
 * a sum of squares, whereas |z|² − (Vz)ᵀt loses its digits where σ is small. */
typedef struct {
  A *z, *inverse, *line, *sum, *v; /* [D] each but v, [rank, D]; z becomes z − Vᵀt */
  double *cholesky, *t, *column; /* [rank, rank], [rank], [rank] */
} NAME(low_rank);

JK_INLINE NAME(low_rank) NAME(low_rank_parts)(void *scratch, size_t rank, size_t n) {
  NAME(low_rank) p;
  p.cholesky = scratch;
  p.t = p.cholesky + rank * rank;
  p.column = p.t + rank;
  p.z = (A *)(p.column + rank);
  p.inverse = p.z + n;
  p.line = p.inverse + n;
  p.sum = p.line + n;
  p.v = p.sum + n;
  return p;
}

JK_KERNEL(double, NAME(dot), (const A *restrict a, const A *restrict b, size_t n), (a, b, n)) {
#pragma clang fp reassociate(on)
  double total = 0;
  for (size_t i = 0; i < n; i++) total += (double)a[i] * (double)b[i];
  return total;
}

JK_KERNEL(void, NAME(product),
          (const A *restrict a, const T *restrict b, A *restrict y, size_t n),
          (a, b, y, n)) {
  for (size_t i = 0; i < n; i++) y[i] = a[i] * LOAD(b[i]);
}

/* y += scale · x */
JK_KERNEL(void, NAME(add_scaled),
          (A scale, const A *restrict x, A *restrict y, size_t n),
          (scale, x, y, n)) {
  for (size_t i = 0; i < n; i++) y[i] += scale * x[i];
}

/* Fills the parts and returns minus the log-density without its constant. */
static double NAME(low_rank_cost)(const A *y, const T *mean, const T *raw, A floor, const T *u,
                                  size_t rank, NAME(low_rank) p, size_t n) {
  double log_determinant = NAME(standardise)(y, mean, raw, floor, p.z, p.inverse, n);
  for (size_t j = 0; j < rank; j++) {
    NAME(product)(p.inverse, u + j * n, p.v + j * n, n);
    for (size_t i = 0; i <= j; i++)
      p.cholesky[j * rank + i] = NAME(dot)(p.v + i * n, p.v + j * n, n) + (i == j);
    p.t[j] = NAME(dot)(p.v + j * n, p.z, n);
  }
  jk_cholesky(p.cholesky, rank);
  for (size_t j = 0; j < rank; j++) log_determinant += log(p.cholesky[j * rank + j]);
  jk_cholesky_solve(p.cholesky, p.t, rank);
  double squares = 0;
  for (size_t j = 0; j < rank; j++) {
    NAME(add_scaled)((A)-p.t[j], p.v + j * n, p.z, n);
    squares += p.t[j] * p.t[j];
  }
  return log_determinant + 0.5 * (NAME(dot)(p.z, p.z, n) + squares);
}

/* With ρ = z − Vᵀt and P = M⁻¹V: dμ = ρ/σ, dU = (t ρᵀ − P)/σ, d log σ = ρ² − 1 + Σⱼ Vⱼ Pⱼ. */
JK_KERNEL(void, NAME(low_rank_slopes),
          (const T *restrict raw, A floor, size_t rank, NAME(low_rank) p, A g, T *restrict dmean,
           T *restrict draw, T *restrict du, size_t n),
          (raw, floor, rank, p, g, dmean, draw, du, n)) {
  const A *restrict inverse = p.inverse, *restrict rho = p.z;
  A *restrict line = p.line, *restrict sum = p.sum;
  for (size_t i = 0; i < n; i++) sum[i] = rho[i] * rho[i] - 1;
  for (size_t j = 0; j < rank; j++) {
    for (size_t i = 0; i < rank; i++) p.column[i] = i == j;
    jk_cholesky_solve(p.cholesky, p.column, rank);
    for (size_t i = 0; i < n; i++) line[i] = 0;
    for (size_t i = 0; i < rank; i++) NAME(add_scaled)((A)p.column[i], p.v + i * n, line, n);
    const A *restrict v = p.v + j * n;
    A t = (A)p.t[j];
    for (size_t i = 0; i < n; i++) {
      sum[i] += v[i] * line[i];
      du[j * n + i] = STORE((A)(g * (t * rho[i] - line[i]) * inverse[i]));
    }
  }
  for (size_t i = 0; i < n; i++) {
    A share;
    NAME(soft_floor)(LOAD(raw[i]), floor, &share);
    dmean[i] = STORE((A)(g * rho[i] * inverse[i]));
    draw[i] = STORE((A)(g * sum[i] * share));
  }
}

static void NAME(gaussian_mixture)(const A *y, const A *log_weights, const T *means, const T *raw,
                                   A floor, const T *factors, size_t rank, A *joint, A *density,
                                   void *scratch, size_t rows, size_t components, size_t n) {
  NAME(low_rank) p = NAME(low_rank_parts)(scratch, rank, n);
  double constant = (double)n * JK_HALF_LOG_2_PI;
  for (size_t r = 0; r < rows; r++, y += n, joint += components) {
    A largest = (A)-INFINITY;
    for (size_t k = 0; k < components; k++) {
      size_t at = r * components + k;
      double cost =
          rank == 0
              ? (double)NAME(diagonal_cost)(y, means + at * n, raw + at * n, floor, n)
              : NAME(low_rank_cost)(y, means + at * n, raw + at * n, floor,
                                    factors + at * rank * n, rank, p, n);
      joint[k] = (A)((double)log_weights[at] - cost - constant);
      largest = joint[k] > largest ? joint[k] : largest;
    }
    A shift = largest - largest == 0 ? largest : 0, total = 0;
    for (size_t k = 0; k < components; k++) total += MATH(jk_exp)(joint[k] - shift);
    density[r] = shift + MATH(jk_log)(total);
  }
}

static void NAME(gaussian_mixture_gradient)(const A *y, const T *means, const T *raw, A floor,
                                            const T *factors, size_t rank, const A *joint,
                                            const A *density, const A *upstream, A *dlog_weights,
                                            T *dmeans, T *draw, T *dfactors, void *scratch,
                                            size_t rows, size_t components, size_t n) {
  NAME(low_rank) p = NAME(low_rank_parts)(scratch, rank, n);
  for (size_t r = 0; r < rows; r++, y += n) {
    for (size_t k = 0; k < components; k++) {
      size_t at = r * components + k;
      A g = upstream[r] * MATH(jk_exp)(joint[at] - density[r]);
      dlog_weights[at] = g;
      if (g == 0) { /* as most are in many dimensions */
        memset(dmeans + at * n, 0, n * sizeof(T));
        memset(draw + at * n, 0, n * sizeof(T));
        if (rank > 0) memset(dfactors + at * rank * n, 0, rank * n * sizeof(T));
      } else if (rank == 0) {
        NAME(diagonal_slopes)(y, means + at * n, raw + at * n, floor, g, dmeans + at * n,
                              draw + at * n, n);
      } else {
        NAME(low_rank_cost)(y, means + at * n, raw + at * n, floor, factors + at * rank * n, rank,
                            p, n);
        NAME(low_rank_slopes)(raw + at * n, floor, rank, p, g, dmeans + at * n, draw + at * n,
                              dfactors + at * rank * n, n);
      }
    }
  }
}
