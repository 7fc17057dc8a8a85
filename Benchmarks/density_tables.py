#!/usr/bin/env python3
"""Writes tables whose density is known, to try `jepa density` on, and prints the mean log-density of their rows in
units of the columns' deviations, which is what a head can reach at best.

usage: density_tables.py FOLDER [ROWS]   needs numpy
"""

import os
import sys

import numpy as np


def gaussian(log_density_of, rows, columns, random):
    """Thirty columns of five common factors and little besides, as measurements of one object are correlated."""
    loadings = random.normal(size=(columns, 5)) * np.array([3.0, 2.0, 1.5, 1.0, 0.7])
    covariance = loadings @ loadings.T + np.diag(random.uniform(0.05, 0.3, columns))
    factor = np.linalg.cholesky(covariance)
    x = random.normal(size=(rows, columns)) @ factor.T
    return x, log_density_of(x, np.zeros(columns), factor)


def log_normal(x, mean, factor):
    white = np.linalg.solve(factor, (x - mean).T)
    return -0.5 * (white**2).sum(0) - np.log(np.diag(factor)).sum() - 0.5 * x.shape[1] * np.log(2 * np.pi)


def mixture(rows, columns, random):
    """Three Gaussians with covariances of their own."""
    weights = np.array([0.5, 0.3, 0.2])
    means = random.normal(size=(3, columns)) * 3
    factors = []
    for _ in range(3):
        a = random.normal(size=(columns, columns))
        factors.append(np.linalg.cholesky(a @ a.T / columns + 0.1 * np.eye(columns)))
    which = random.choice(3, size=rows, p=weights)
    noise = random.normal(size=(rows, columns))
    x = np.stack([means[k] + factors[k] @ e for k, e in zip(which, noise)])
    parts = np.stack([np.log(w) + log_normal(x, m, f) for w, m, f in zip(weights, means, factors)])
    return x, np.logaddexp.reduce(parts, axis=0)


def curved(rows, columns, random):
    """A chain in which each column bends about the one before: y' = y² / 2 + noise; far from any Gaussian."""
    x = np.zeros((rows, columns))
    density = np.zeros(rows)
    for j in range(columns):
        mean = 0.5 * np.tanh(x[:, j - 1]) ** 2 * 4 if j else np.zeros(rows)
        scale = 0.3 if j else 1.0
        noise = random.normal(size=rows)
        x[:, j] = mean + scale * noise
        density += -0.5 * noise**2 - np.log(scale) - 0.5 * np.log(2 * np.pi)
    return x, density


def heavy(rows, columns, random):
    """Correlated Student's t with five degrees of freedom: tails that a Gaussian does not have."""
    from math import lgamma

    freedom = 5.0
    a = random.normal(size=(columns, columns))
    factor = np.linalg.cholesky(a @ a.T / columns + 0.2 * np.eye(columns))
    scale = np.sqrt(freedom / random.chisquare(freedom, size=rows))
    x = (random.normal(size=(rows, columns)) @ factor.T) * scale[:, None]
    white = np.linalg.solve(factor, x.T)
    constant = lgamma((freedom + columns) / 2) - lgamma(freedom / 2) - 0.5 * columns * np.log(freedom * np.pi)
    density = constant - np.log(np.diag(factor)).sum()
    return x, density - 0.5 * (freedom + columns) * np.log1p((white**2).sum(0) / freedom)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder, rows = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    os.makedirs(folder, exist_ok=True)
    tables = {
        "gaussian30": lambda r: gaussian(log_normal, 570, 30, r),
        "mixture8": lambda r: mixture(rows, 8, r),
        "curved6": lambda r: curved(rows, 6, r),
        "heavy10": lambda r: heavy(rows, 10, r),
    }
    for index, (name, make) in enumerate(tables.items()):
        x, density = make(np.random.default_rng(index))
        path = os.path.join(folder, name + ".csv")
        header = ",".join(f"c{j + 1}" for j in range(x.shape[1]))
        np.savetxt(path, x, delimiter=",", header=header, comments="", fmt="%.9g")
        # In units of the deviations: log p(x / s) = log p(x) + Σ log s.
        scaled = density + np.log(x.std(axis=0)).sum()
        error = scaled.std() / np.sqrt(len(scaled))
        print(f"{path}: {x.shape[0]} rows of {x.shape[1]}, truth {scaled.mean():.3f} ± {error:.3f} nats per row")


if __name__ == "__main__":
    main()
