"""Writes golden.json: autoregressive mixtures by torch, with parameters drawn here.

Masks come from their definition, as 0/1 matrices by coordinate; densities from torch.distributions
(Normal, Laplace) and, for the logistic, from its formula. Run: python make_golden.py
"""
import json
import math
import pathlib

import torch

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

C, D, H, K, N, FLOOR, BOUND = 3, 4, 7, 2, 3, 0.01, 2.0
# The permutation that order seed 5 gives for the second ordering.
ORDERS = [list(range(D)), [3, 1, 0, 2]]


def log_component(kind, y, mean, scale):
    if kind == "gaussian":
        return torch.distributions.Normal(mean, scale).log_prob(y)
    if kind == "laplace":
        return torch.distributions.Laplace(mean, scale).log_prob(y)
    z = (y - mean) / scale
    return -z - 2 * torch.nn.functional.softplus(-z) - scale.log()


def log_density(p, context, y, order, kind, residual, activation):
    degree = torch.tensor([i * D // H for i in range(H)])
    position = torch.tensor([order.index(d) for d in range(D)])
    ones = lambda rows: torch.ones(rows, C)
    first = torch.cat([ones(H), (position[None, :] < degree[:, None]).double()], 1)
    between = torch.cat([ones(H), (degree[None, :] <= degree[:, None]).double()], 1)
    last = torch.cat([ones(D), (degree[None, :] <= position[:, None]).double()], 1).repeat(3 * K, 1)
    earlier = (position[None, :] < position[:, None]).double()

    linear = torch.nn.functional.linear
    h = activation(linear(torch.cat([context, BOUND * torch.tanh(y / BOUND)], 1), p["layers.0.weight"] * first, p["layers.0.bias"]))
    change = activation(linear(torch.cat([context, h], 1), p["layers.1.weight"] * between, p["layers.1.bias"]))
    h = h + change if residual else change
    out = linear(torch.cat([context, h], 1), p["out.weight"] * last, p["out.bias"]).reshape(N, 3, K, D)
    shift = linear(y, p["shift.weight"] * earlier) if "shift.weight" in p else 0
    logits, mean, raw = out[:, 0], out[:, 1], out[:, 2]
    scale = torch.logaddexp(raw, torch.full_like(raw, math.log(FLOOR))).exp()
    terms = torch.log_softmax(logits, 1) + log_component(kind, (y - shift)[:, None], mean, scale)
    return torch.logsumexp(terms, 1).sum(1)


def case(kind, orderings, shifted, residual, activation, seed):
    generator = torch.Generator().manual_seed(seed)
    draw = lambda *shape: (torch.randn(*shape, generator=generator) * 0.7).float().double()
    shapes = {
        "layers.0.weight": (H, C + D), "layers.0.bias": (H,),
        "layers.1.weight": (H, C + H), "layers.1.bias": (H,),
        "out.weight": (3 * K * D, C + H), "out.bias": (3 * K * D,),
    }
    if shifted:
        shapes["shift.weight"] = (D, D)
    p = {name: draw(*shape).requires_grad_() for name, shape in shapes.items()}
    context, y, weights = draw(N, C).requires_grad_(), draw(N, D), draw(N)
    function = {"relu": torch.relu, "gelu": torch.nn.functional.gelu, "tanh": torch.tanh}[activation]
    each = [log_density(p, context, y, order, kind, residual, function) for order in ORDERS[:orderings]]
    value = torch.logsumexp(torch.stack(each), 0) - math.log(orderings)
    (value * weights).sum().backward()
    flat = lambda t: [float(v) for v in t.detach().flatten()]
    rounded = lambda t: [float(f"{v:.12g}") for v in t.detach().flatten()]
    return {
        "component": kind, "orderings": orderings, "shift": shifted, "residual": residual,
        "activation": activation, "parameters": {n: flat(t) for n, t in p.items()},
        "context": flat(context), "y": flat(y), "weights": flat(weights),
        "logDensity": flat(value), "gradients": {n: rounded(t.grad) for n, t in p.items()},
        "contextGradient": rounded(context.grad),
    }


cases = [
    case("gaussian", 1, True, True, "relu", 1),
    case("laplace", 1, False, False, "tanh", 2),
    case("logistic", 2, True, True, "gelu", 3),
]
file = pathlib.Path(__file__).with_name("golden.json")
file.write_text(json.dumps({"order": ORDERS[1], "cases": cases}) + "\n")
