/* Monotonic rational-quadratic splines (Gregory & Delbourgo 1982; Durkan et al. 2019) for one type
 * of parameters; see types.h and CJEPACoupling.h. Lanes are coordinates, so that every loop over
 * them vectorises; lanes beyond the last coordinate compute on zeros. */
#include "types.h"

#define LANES 32
/* A loop over lanes, kept as one until it is vectorised. */
#define FOR_LANES _Pragma("clang loop unroll(disable)") for (size_t i = 0; i < LANES; i++)

/* The first n of `x` as numbers, then zeros. */
JK_INLINE void NAME(spline_lanes)(const T *x, size_t n, A *restrict u) {
  if (n == LANES) {
    FOR_LANES u[i] = LOAD(x[i]);
  } else {
    FOR_LANES u[i] = 0;
    for (size_t i = 0; i < n; i++) u[i] = LOAD(x[i]);
  }
}

JK_INLINE void NAME(spline_store)(const A *u, size_t n, T *restrict x) {
  if (n == LANES) {
    FOR_LANES x[i] = STORE(u[i]);
  } else {
    for (size_t i = 0; i < n; i++) x[i] = STORE(u[i]);
  }
}

/* Sizes of the bins as parts of 1: the softmax of softly bounded logits. */
JK_INLINE void NAME(spline_parts)(const T *raw, size_t count, size_t n, size_t bins, A steep,
                                  A (*restrict parts)[LANES]) {
  A total[LANES] = {0};
  for (size_t k = 0; k < bins; k++) {
    A u[LANES];
    NAME(spline_lanes)(raw + k * count, n, u);
    FOR_LANES {
      A e = MATH(jk_exp)(u[i] / (1 + MATH(jk_abs)(u[i]) * steep));
      parts[k][i] = e;
      total[i] += e;
    }
  }
  FOR_LANES total[i] = 1 / total[i];
  for (size_t k = 0; k < bins; k++)
    FOR_LANES parts[k][i] *= total[i];
}

/* The bin that each lane's value lies in. */
struct NAME(spline_bin) {
  A left[LANES], width[LANES], bottom[LANES], height[LANES];
  A slope0[LANES], slope1[LANES];  /* derivatives at its ends */
  A raw0[LANES], raw1[LANES];      /* their parameters */
  int32_t index[LANES];
};

JK_INLINE void NAME(spline_find)(const A *v, int inverse, const T *raw, size_t count, size_t n,
                                 size_t bins, A tail, A steep, const A (*widths)[LANES],
                                 const A (*heights)[LANES], struct NAME(spline_bin) *restrict bin) {
  A x[LANES], y[LANES], before[LANES], after[LANES];
  const T *knots = raw + 2 * bins * count;
  FOR_LANES {
    x[i] = y[i] = -tail;
    after[i] = 0;
  }
  for (size_t k = 0; k < bins; k++) {
    FOR_LANES before[i] = after[i];
    if (k + 1 < bins) NAME(spline_lanes)(knots + k * count, n, after);
    else FOR_LANES after[i] = 0;
    _Pragma("clang loop vectorize(assume_safety) unroll(disable)")
    for (size_t i = 0; i < LANES; i++) {
      A w = 2 * tail * widths[k][i], h = 2 * tail * heights[k][i];
      int reached = k == 0 || v[i] >= (inverse ? y[i] : x[i]);
      bin->left[i] = reached ? x[i] : bin->left[i];
      bin->width[i] = reached ? w : bin->width[i];
      bin->bottom[i] = reached ? y[i] : bin->bottom[i];
      bin->height[i] = reached ? h : bin->height[i];
      bin->raw0[i] = reached ? before[i] : bin->raw0[i];
      bin->raw1[i] = reached ? after[i] : bin->raw1[i];
      bin->index[i] = reached ? (int32_t)k : bin->index[i];
      x[i] += w;
      y[i] += h;
    }
  }
  FOR_LANES {
    A a = bin->raw0[i], b = bin->raw1[i];
    bin->slope0[i] = MATH(jk_exp)(a / (1 + MATH(jk_abs)(a) * steep));
    bin->slope1[i] = MATH(jk_exp)(b / (1 + MATH(jk_abs)(b) * steep));
  }
}

/* Values brought into the spline's domain, and whether they were there. */
JK_INLINE void NAME(spline_load)(const A *x, const int32_t *columns, size_t n, A tail, A *v,
                                 int32_t *inside) {
  FOR_LANES v[i] = 0;
  for (size_t i = 0; i < n; i++) v[i] = x[columns[i]];
  FOR_LANES {
    inside[i] = v[i] > -tail && v[i] < tail;
    v[i] = inside[i] ? v[i] : 0;
  }
}

JK_KERNEL(void, NAME(spline_coupling),
          (const A *restrict x, const T *restrict raw, size_t raw_rows,
           const int32_t *restrict columns, size_t count, size_t bins, A tail, A slope, int inverse,
           A *restrict y, size_t rows, size_t stride),
          (x, raw, raw_rows, columns, count, bins, tail, slope, inverse, y, rows, stride)) {
  A steep = 1 / slope, widths[JK_SPLINE_BINS][LANES], heights[JK_SPLINE_BINS][LANES];
  A v[LANES], value[LANES], derivative[LANES];
  int32_t inside[LANES];
  struct NAME(spline_bin) bin;
  for (size_t r = 0; r < rows; r++, x += stride, y += stride) {
    const T *row = raw + r % raw_rows * (3 * bins - 1) * count;
    A total = 0;
    memcpy(y, x, stride * sizeof(A));
    for (size_t start = 0; start < count; start += LANES) {
      size_t n = count - start < LANES ? count - start : LANES;
      NAME(spline_load)(x, columns + start, n, tail, v, inside);
      NAME(spline_parts)(row + start, count, n, bins, 2 * steep, widths);
      NAME(spline_parts)(row + start + bins * count, count, n, bins, 2 * steep, heights);
      NAME(spline_find)(v, inverse, row + start, count, n, bins, tail, steep,
                        (const A(*)[LANES])widths, (const A(*)[LANES])heights, &bin);
      FOR_LANES {
        A w = bin.width[i], h = bin.height[i], s = h / w;
        A d0 = bin.slope0[i], d1 = bin.slope1[i], t = d0 + d1 - 2 * s, z;
        if (inverse) {
          A rise = v[i] - bin.bottom[i];
          A a = h * (s - d0) + rise * t, b = h * d0 - rise * t, c = -s * rise;
          A square = b * b - 4 * a * c;
          square = square > 0 ? square : 0;
          z = 2 * c / (-b - MATH(jk_sqrt)(square));
        } else {
          z = (v[i] - bin.left[i]) / w;
        }
        z = z > 0 ? z : 0;
        z = z < 1 ? z : 1;
        A q = z * (1 - z), below = s + t * q;
        A ratio = s / below;
        derivative[i] =
            ratio * ratio * (d1 * z * z + 2 * s * q + d0 * (1 - z) * (1 - z));
        value[i] = inverse ? bin.left[i] + z * w
                           : bin.bottom[i] + h * (s * z * z + d0 * q) / below;
      }
      FOR_LANES
        derivative[i] = inside[i] ? MATH(jk_log)(derivative[i]) : 0;
      for (size_t i = 0; i < n; i++) {
        total += derivative[i];
        if (inside[i]) y[columns[start + i]] = value[i];
      }
    }
    y[stride - 1] += inverse ? -total : total;
  }
}

/* Gradients of logits from those of the parts: `left` for the bins before the lane's own, `own` for
 * that one, none after. */
JK_INLINE void NAME(spline_parts_gradient)(const T *raw, const A (*parts)[LANES],
                                           const int32_t *index, const A *before, const A *own,
                                           size_t count, size_t n, size_t bins, A steep,
                                           T *restrict draw) {
  A mean[LANES] = {0};
  for (size_t k = 0; k < bins; k++)
    FOR_LANES {
      A g = (int32_t)k < index[i] ? before[i] : (int32_t)k == index[i] ? own[i] : 0;
      mean[i] += parts[k][i] * g;
    }
  for (size_t k = 0; k < bins; k++) {
    A u[LANES];
    NAME(spline_lanes)(raw + k * count, n, u);
    FOR_LANES {
      A g = (int32_t)k < index[i] ? before[i] : (int32_t)k == index[i] ? own[i] : 0;
      A w = 1 / (1 + MATH(jk_abs)(u[i]) * steep);
      u[i] = parts[k][i] * (g - mean[i]) * w * w;
    }
    NAME(spline_store)(u, n, draw + k * count);
  }
}

JK_KERNEL(void, NAME(spline_coupling_gradient),
          (const A *restrict x, const T *restrict raw, const A *restrict dy,
           const int32_t *restrict columns, size_t count, size_t bins, A tail, A slope,
           A *restrict dx, T *restrict draw, size_t rows, size_t stride),
          (x, raw, dy, columns, count, bins, tail, slope, dx, draw, rows, stride)) {
  A steep = 1 / slope, widths[JK_SPLINE_BINS][LANES], heights[JK_SPLINE_BINS][LANES];
  A v[LANES], up[LANES], left[LANES], width[LANES], bottom[LANES], height[LANES];
  A knot0[LANES], knot1[LANES], through[LANES];
  int32_t inside[LANES];
  struct NAME(spline_bin) bin;
  for (size_t r = 0; r < rows; r++, x += stride, dx += stride, dy += stride) {
    size_t first = r * (3 * bins - 1) * count;
    A dlog = dy[stride - 1];
    memcpy(dx, dy, stride * sizeof(A));
    for (size_t start = 0; start < count; start += LANES) {
      size_t n = count - start < LANES ? count - start : LANES;
      const T *row = raw + first + start;
      T *drow = draw + first + start;
      NAME(spline_load)(x, columns + start, n, tail, v, inside);
      FOR_LANES up[i] = 0;
      for (size_t i = 0; i < n; i++) up[i] = dy[columns[start + i]];
      NAME(spline_parts)(row, count, n, bins, 2 * steep, widths);
      NAME(spline_parts)(row + bins * count, count, n, bins, 2 * steep, heights);
      NAME(spline_find)(v, 0, row, count, n, bins, tail, steep, (const A(*)[LANES])widths,
                        (const A(*)[LANES])heights, &bin);
      FOR_LANES {
        A g = inside[i] ? up[i] : 0, l = inside[i] ? dlog : 0;
        A w = bin.width[i], h = bin.height[i], s = h / w, d0 = bin.slope0[i], d1 = bin.slope1[i];
        A z = (v[i] - bin.left[i]) / w, q = z * (1 - z), dq = 1 - 2 * z, t = d0 + d1 - 2 * s;
        A below = 1 / (s + t * q), r0 = (s * z * z + d0 * q) * below;
        A bend = 1 / (d1 * z * z + 2 * s * q + d0 * (1 - z) * (1 - z));
        /* With y = bottom + h r0 and log y′ = 2 log s − log bend + 2 log below, by z, s, d0, d1. */
        A gh = g * h * below, gb = gh * r0 + 2 * l * below, lb = l * bend;
        A gz = gh * (2 * s * z + d0 * dq) - gb * t * dq +
               lb * 2 * (d1 * z + s * dq - d0 * (1 - z));
        A gs = gh * z * z - gb * (1 - 2 * q) + lb * 2 * q + 2 * l / s;
        A g0 = gh * q - gb * q + lb * (1 - z) * (1 - z);
        A g1 = -gb * q + lb * z * z;
        through[i] = gz / w;
        left[i] = -gz / w * 2 * tail;
        width[i] = -(gs * s + gz * z) / w * 2 * tail;
        bottom[i] = g * 2 * tail;
        height[i] = (g * r0 + gs / w) * 2 * tail;
        A a = 1 / (1 + MATH(jk_abs)(bin.raw0[i]) * steep);
        A b = 1 / (1 + MATH(jk_abs)(bin.raw1[i]) * steep);
        knot0[i] = g0 * d0 * a * a;
        knot1[i] = g1 * d1 * b * b;
      }
      NAME(spline_parts_gradient)(row, (const A(*)[LANES])widths, bin.index, left, width, count, n,
                                  bins, 2 * steep, drow);
      NAME(spline_parts_gradient)(row + bins * count, (const A(*)[LANES])heights, bin.index, bottom,
                                  height, count, n, bins, 2 * steep, drow + bins * count);
      T *dknots = drow + 2 * bins * count;
      for (size_t k = 0; k + 1 < bins; k++) {
        A u[LANES];
        FOR_LANES {
          int32_t own = bin.index[i], knot = (int32_t)k;
          u[i] = knot + 1 == own ? knot0[i] : knot == own ? knot1[i] : 0;
        }
        NAME(spline_store)(u, n, dknots + k * count);
      }
      for (size_t i = 0; i < n; i++)
        if (inside[i]) dx[columns[start + i]] = through[i];
    }
  }
}

#undef FOR_LANES
#undef LANES
