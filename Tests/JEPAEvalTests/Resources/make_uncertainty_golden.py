"""Writes uncertainty_golden.json: ensemble scores by scoringrules, rank statistics by SciPy.

    python make_uncertainty_golden.py          # needs numpy, scipy, scoringrules
"""

import json

import numpy as np
import scoringrules as sr
from scipy.stats import mannwhitneyu, spearmanr

rng = np.random.default_rng(11)

cases = []
# Numbers of draws that are no powers of two, and coordinates on both sides of a block of sixteen.
for rows, draws, dimensions in [(3, 5, 1), (4, 12, 3), (3, 33, 19)]:
    samples = rng.normal(size=(draws, rows, dimensions)) * rng.uniform(0.3, 3, dimensions)
    samples += rng.normal(size=(rows, dimensions))
    targets = rng.normal(size=(rows, dimensions))
    samples = np.round(samples.astype(np.float32), 3).astype(np.float32)
    targets = np.round(targets.astype(np.float32), 3).astype(np.float32)
    x, y = samples.astype(np.float64), targets.astype(np.float64)
    ensembles = x.transpose(1, 0, 2)  # [rows, draws, dimensions]
    directions = rng.normal(size=(dimensions, 4))
    directions /= np.linalg.norm(directions, axis=0)
    directions = directions.astype(np.float32)
    projected = ensembles @ directions.astype(np.float64)
    pairs = 4 * 3
    cases.append({
        "rows": rows, "draws": draws, "dimensions": dimensions,
        "samples": [round(float(v), 3) for v in samples.ravel()],
        "targets": [round(float(v), 3) for v in targets.ravel()],
        "directions": [float(v) for v in directions.ravel()],
        "crps": sr.crps_ensemble(y, ensembles.transpose(0, 2, 1), estimator="fair").mean(-1).tolist(),
        "energyScore": sr.es_ensemble(y, ensembles, estimator="fair").tolist(),
        # Summed over ordered pairs there, averaged over pairs here.
        "variogramScore": [
            float(v) / pairs
            for v in sr.vs_ensemble(y @ directions.astype(np.float64), projected, p=0.5, estimator="fair")
        ],
    })

a = rng.integers(0, 6, 40)
b = a + rng.integers(0, 6, 40)
positives = rng.integers(0, 8, 25) + 1
negatives = rng.integers(0, 8, 30)
golden = {
    "cases": cases,
    "ranks": {"x": a.tolist(), "y": b.tolist(), "spearman": float(spearmanr(a, b).statistic)},
    "areas": {
        "negatives": negatives.tolist(), "positives": positives.tolist(),
        "auroc": float(mannwhitneyu(positives, negatives).statistic / (25 * 30)),
    },
}
with open("uncertainty_golden.json", "w") as file:
    json.dump(golden, file)
    file.write("\n")
