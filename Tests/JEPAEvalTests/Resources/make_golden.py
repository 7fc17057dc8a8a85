"""Writes golden.json: small cases worked out by NumPy and scikit-learn.

    python make_golden.py          # needs numpy, scikit-learn
"""

import json

import numpy as np
from sklearn.linear_model import LogisticRegression

rng = np.random.default_rng(5)
n, d, classes = 60, 4, 3
labels = np.arange(n) % classes
x = rng.normal(size=(n, d)) @ np.diag([1, 5, 0.2, 1]) + 3
x[:, :3] += np.eye(3)[labels] * [1.5, 4, 0.3]
x = x.astype(np.float32).astype(np.float64)

# Multinomial logistic regression on standardised features: C = 1 / (lambda n).
z = (x - x.mean(0)) / x.std(0)
regressions = []
for strength in [1e-1, 1e-3]:
    fit = LogisticRegression(C=1 / (strength * n), tol=1e-12, max_iter=100000).fit(z, labels)
    regressions.append({
        "strength": strength,
        "weight": fit.coef_.ravel().tolist(),
        "bias": fit.intercept_.tolist(),
        "accuracy": fit.score(z, labels),
    })

# Weighted nearest neighbours: the last 20 rows ask the first 40.
k, temperature = 5, 0.07
u = x / np.linalg.norm(x, axis=1, keepdims=True)
similarity = u[40:] @ u[:40].T
nearest = np.argsort(-similarity, axis=1, kind="stable")[:, :k]
weights = np.exp(np.take_along_axis(similarity, nearest, 1) / temperature)
votes = np.zeros((20, classes))
for c in range(classes):
    votes[:, c] = (weights * (labels[:40][nearest] == c)).sum(1)

# Ranks.
def exponential_entropy(matrix, epsilon):
    s = np.linalg.svd(matrix, compute_uv=False)
    p = s / s.sum() + epsilon
    return float(np.exp(-(p * np.log(p)).sum()))

golden = {
    "features": x.ravel().tolist(), "dimensions": d, "labels": labels.tolist(),
    "regressions": regressions,
    "neighbors": {"k": k, "temperature": temperature, "classes": votes.argmax(1).tolist(),
                  "top1": float((votes.argmax(1) == labels[40:]).mean())},
    "rankMe": exponential_entropy(x, 1e-7),
    "effectiveRank": exponential_entropy(x - x.mean(0), 0),
    "meanStandardDeviation": float(x.std(0).mean()),
}
with open("golden.json", "w") as file:
    json.dump(golden, file, indent=1)
    file.write("\n")
