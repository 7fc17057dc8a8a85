"""Writes gaussian_mixtures.safetensors: log-densities of Gaussian mixtures and their gradients, by
torch.distributions in float64.

Run: OMP_NUM_THREADS=1 python make_gaussian_mixtures.py   (torch and safetensors installed)
"""

import math

import torch
from safetensors.torch import save_file
from torch.distributions import (
    Categorical,
    Independent,
    LowRankMultivariateNormal,
    MixtureSameFamily,
    MultivariateNormal,
    Normal,
)

ROWS, COMPONENTS, DIMENSIONS, RANK, FLOOR = 7, 4, 5, 2, 0.05


def drawn(*shape, scale=1.0):
    return (torch.randn(*shape, dtype=torch.float64) * scale).requires_grad_()


def record(out, name, inputs, density):
    """The log-density of each row and the gradients of their sum weighted by 1, 2, …, N."""
    weights = torch.arange(1, ROWS + 1, dtype=torch.float64)
    gradients = torch.autograd.grad((density * weights).sum(), list(inputs.values()))
    out[f"{name}.log_density"] = density.detach()
    for (key, value), gradient in zip(inputs.items(), gradients):
        out[f"{name}.{key}"] = value.detach()
        out[f"{name}.{key}.gradient"] = gradient


def main():
    torch.manual_seed(20260601)
    out = {}
    y = drawn(ROWS, DIMENSIONS, scale=1.5).detach()
    y[0] += 40  # far out
    out["y"] = y

    def parameters(*logits_shape):
        return {
            "logits": drawn(*logits_shape),
            "means": drawn(ROWS, COMPONENTS, DIMENSIONS),
            "log_scales": drawn(ROWS, COMPONENTS, DIMENSIONS, scale=0.7),
        }

    def scales(p):
        return torch.logaddexp(p["log_scales"], torch.tensor(math.log(FLOOR), dtype=torch.float64)).exp()

    # One mixture per vector, diagonal: also as a mixture of MultivariateNormal.
    p = parameters(ROWS, COMPONENTS)
    diagonal = MixtureSameFamily(
        Categorical(logits=p["logits"]), Independent(Normal(p["means"], scales(p)), 1)
    )
    full = MixtureSameFamily(
        Categorical(logits=p["logits"]),
        MultivariateNormal(p["means"], covariance_matrix=torch.diag_embed(scales(p) ** 2)),
    )
    assert torch.allclose(diagonal.log_prob(y), full.log_prob(y), rtol=1e-12)
    record(out, "diagonal", p, diagonal.log_prob(y))
    out["diagonal.mean"] = diagonal.mean.detach()
    out["diagonal.variance"] = diagonal.variance.detach()

    # Diagonal plus low rank; factors are [N, K, r, D] here and [N, K, D, r] in torch.
    p = parameters(ROWS, COMPONENTS)
    p["factors"] = drawn(ROWS, COMPONENTS, RANK, DIMENSIONS, scale=0.8)
    low_rank = MixtureSameFamily(
        Categorical(logits=p["logits"]),
        LowRankMultivariateNormal(p["means"], p["factors"].transpose(-1, -2), scales(p) ** 2),
    )
    record(out, "low_rank", p, low_rank.log_prob(y))
    out["low_rank.mean"] = low_rank.mean.detach()
    out["low_rank.variance"] = low_rank.variance.detach()

    # One mixture per coordinate; parameters are [N, K, D] here, components last in torch.
    p = parameters(ROWS, COMPONENTS, DIMENSIONS)
    last = {key: value.transpose(1, 2) for key, value in p.items()}
    coordinates = MixtureSameFamily(
        Categorical(logits=last["logits"]), Normal(last["means"], scales(p).transpose(1, 2))
    )
    record(out, "coordinate", p, coordinates.log_prob(y).sum(1))
    out["coordinate.mean"] = coordinates.mean.detach()
    out["coordinate.variance"] = coordinates.variance.detach()

    save_file({k: v.contiguous() for k, v in out.items()}, "gaussian_mixtures.safetensors",
              metadata={"torch": torch.__version__, "floor": str(FLOOR)})


main()
