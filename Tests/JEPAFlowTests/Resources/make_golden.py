"""Couplings and splines worked out by zuko (https://github.com/probabilists/zuko), on parameters
written beside the results. Run: OMP_NUM_THREADS=1 python make_golden.py > golden.json"""

import json
import math

import torch
from zuko.transforms import CouplingTransform, MonotonicAffineTransform, MonotonicRQSTransform

torch.manual_seed(11)
torch.set_default_dtype(torch.float64)

ROWS, WIDTH, MAPPED, BOUND, BINS, TAIL, SLOPE = 6, 5, 3, 3.0, 4, 2.5, 1e-3


def numbers(tensor):
    return [float(f"{v:.16g}") for v in tensor.detach().flatten().tolist()]


def case(name, raw, transform):
    """y = coupling(x), its inverse of y, log |det|, and the gradient of Σ w y + Σ v log |det|."""
    raw.requires_grad_(True)
    x = (2 * torch.randn(ROWS, WIDTH)).requires_grad_(True)
    mask = torch.zeros(WIDTH, dtype=torch.bool)
    mask[MAPPED:] = True
    coupling = CouplingTransform(lambda _: transform(raw), mask)
    y, log_det = coupling.call_and_ladj(x)
    log_det = log_det.sum(dim=-1)  # zuko leaves it per coordinate
    w, v = torch.randn(ROWS, WIDTH), torch.randn(ROWS)
    ((w * y).sum() + (v * log_det).sum()).backward()
    return {
        "name": name,
        "x": numbers(x),
        "raw": numbers(raw),
        "y": numbers(y),
        "inverse": numbers(coupling.inv(x)),
        "logDeterminant": numbers(log_det),
        "upstream": numbers(w),
        "upstreamLog": numbers(v),
        "gradientX": numbers(x.grad),
        "gradientRaw": numbers(raw.grad),
    }


# Our layout: a row of parameters is [parameter, coordinate].
affine = case(
    "affine",
    torch.randn(ROWS, 2, MAPPED) * 2,
    lambda raw: MonotonicAffineTransform(shift=raw[:, 1], scale=raw[:, 0], slope=math.exp(-BOUND)),
)
spline = case(
    "spline",
    torch.randn(ROWS, 3 * BINS - 1, MAPPED) * 1.5,
    lambda raw: MonotonicRQSTransform(
        widths=raw[:, :BINS].mT,
        heights=raw[:, BINS : 2 * BINS].mT,
        derivatives=raw[:, 2 * BINS :].mT,
        bound=TAIL,
        slope=SLOPE,
    ),
)
json.dump(
    {
        "rows": ROWS,
        "width": WIDTH,
        "mapped": MAPPED,
        "logScaleBound": BOUND,
        "bins": BINS,
        "tailBound": TAIL,
        "slope": SLOPE,
        "cases": [affine, spline],
    },
    __import__("sys").stdout,
)
