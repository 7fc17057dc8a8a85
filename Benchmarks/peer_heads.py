"""Times samples and log-densities of zuko's densities with random weights, on one side.

    python peer_heads.py --cases mixture,autoregressive --json peer.json

A thousand contexts; one sample a row, then one log-density a row; the context's part of the network
counts in both. Times are medians of runs that together take at least --seconds, after one that does not
count.
"""

import argparse
import json
import pathlib
import statistics
import time

import torch
import zuko
from zuko.transforms import MonotonicRQSTransform

CASES = {
    "mixture": lambda d, c: zuko.mixtures.GMM(
        d, c, components=8, covariance_type="diagonal", hidden_features=[128]),
    "autoregressive": lambda d, c: zuko.flows.MAF(
        d, c, transforms=1, hidden_features=[384, 384]),
    "affine": lambda d, c: zuko.flows.RealNVP(
        d, c, transforms=8, randmask=True, hidden_features=[192] * 3),
    "spline": lambda d, c: zuko.flows.NICE(
        d, c, transforms=8, randmask=True, hidden_features=[192] * 3,
        univariate=lambda *phi: MonotonicRQSTransform(*phi, bound=5.0), shapes=[(8,), (8,), (7,)]),
}


def median(body, seconds):
    body()
    times = []
    while sum(times) < seconds or not times:
        start = time.perf_counter()
        body()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", default=",".join(CASES))
    parser.add_argument("--dimensions", type=int, default=192)
    parser.add_argument("--context", type=int, default=96)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", required=True)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    context = torch.randn(args.rows, args.context)
    targets = torch.randn(args.rows, args.dimensions)
    figures = {"torch": torch.__version__, "zuko": zuko.__version__, "cases": {}}
    with torch.no_grad():
        for name in args.cases.split(","):
            model = CASES[name](args.dimensions, args.context).eval()
            figures["cases"][name] = {
                "parameters": sum(p.numel() for p in model.parameters()),
                "sample_seconds": median(lambda: model(context).sample(), args.seconds),
                "density_seconds": median(lambda: model(context).log_prob(targets), args.seconds)}
    pathlib.Path(args.json).write_text(json.dumps(figures))


if __name__ == "__main__":
    main()
