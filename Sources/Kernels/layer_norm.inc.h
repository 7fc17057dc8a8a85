/* Layer normalisation; X is the input's type, T (types.h) the output's, A the statistics', LN_KERNEL
 * the processors to compile for. */
#include "types.h"

JK_INLINE void LN_NAME(layer_norm_of_width)(const X *restrict x, const A *restrict weight,
                                            const A *restrict bias, A epsilon, T *restrict y,
                                            A *restrict mean, A *restrict rstd, size_t rows,
                                            size_t n) {
#pragma clang fp reassociate(on)
  for (size_t r = 0; r < rows; r++, x += n, y += n) {
    A total = 0;
    WIDE for (size_t i = 0; i < n; i++) total += LOAD_X(x[i]);
    A m = total / (A)n;
    A squares = 0;
    WIDE for (size_t i = 0; i < n; i++) {
      A d = LOAD_X(x[i]) - m;
      squares += d * d;
    }
    A s = 1 / MATH(jk_sqrt)(squares / (A)n + epsilon);
    mean[r] = m;
    rstd[r] = s;
    if (weight) {
      WIDE for (size_t i = 0; i < n; i++)
        y[i] = STORE((A)((LOAD_X(x[i]) - m) * s * weight[i] + bias[i]));
    } else {
      WIDE for (size_t i = 0; i < n; i++) y[i] = STORE((A)((LOAD_X(x[i]) - m) * s));
    }
  }
}

/* Known widths, those of common models, unroll. */
LN_KERNEL(void, LN_NAME(layer_norm),
          (const X *restrict x, const A *restrict weight, const A *restrict bias, A epsilon,
           T *restrict y, A *restrict mean, A *restrict rstd, size_t rows, size_t n),
          (x, weight, bias, epsilon, y, mean, rstd, rows, n)) {
#define OF_WIDTH(n) LN_NAME(layer_norm_of_width)(x, weight, bias, epsilon, y, mean, rstd, rows, n)
  switch (n) {
    case 96: OF_WIDTH(96); break;
    case 192: OF_WIDTH(192); break;
    case 384: OF_WIDTH(384); break;
    default: OF_WIDTH(n); break;
  }
#undef OF_WIDTH
}

/* dx = rstd · (g − mean(g) − x̂ · mean(g ∘ x̂)) with g = dy ∘ weight. */
LN_KERNEL(void, LN_NAME(layer_norm_gradient),
          (const X *restrict x, const A *restrict weight, const A *restrict mean,
           const A *restrict rstd, const T *restrict dy, X *restrict dx, A *restrict dweight,
           A *restrict dbias, size_t rows, size_t n),
          (x, weight, mean, rstd, dy, dx, dweight, dbias, rows, n)) {
#pragma clang fp reassociate(on)
  for (size_t r = 0; r < rows; r++, x += n, dy += n, dx += n) {
    A m = mean[r], s = rstd[r], sum = 0, dot = 0;
    if (weight) {
      WIDE for (size_t i = 0; i < n; i++) {
        A g = LOAD(dy[i]) * weight[i];
        sum += g;
        dot += g * ((LOAD_X(x[i]) - m) * s);
      }
    } else {
      WIDE for (size_t i = 0; i < n; i++) {
        A g = LOAD(dy[i]);
        sum += g;
        dot += g * ((LOAD_X(x[i]) - m) * s);
      }
    }
    sum /= (A)n;
    dot /= (A)n;
    if (weight) {
      WIDE for (size_t i = 0; i < n; i++) {
        A normal = (LOAD_X(x[i]) - m) * s;
        dx[i] = STORE_X((A)(s * (LOAD(dy[i]) * weight[i] - sum - normal * dot)));
      }
    } else {
      WIDE for (size_t i = 0; i < n; i++) {
        A normal = (LOAD_X(x[i]) - m) * s;
        dx[i] = STORE_X((A)(s * (LOAD(dy[i]) - sum - normal * dot)));
      }
    }
    if (dweight) {
      WIDE for (size_t i = 0; i < n; i++) {
        A g = LOAD(dy[i]);
        dweight[i] += g * ((LOAD_X(x[i]) - m) * s);
        dbias[i] += g;
      }
    }
  }
}
