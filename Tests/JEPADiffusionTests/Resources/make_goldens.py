"""Writes goldens.json: noise schedules and posteriors by the papers' formulae, and a small denoising
network in PyTorch on parameters made by a formula. Run: python make_goldens.py"""

import json
import math
from pathlib import Path

import torch

torch.set_default_dtype(torch.float64)


def betas(kind, T):
    if kind == "linear":  # Ho et al. 2020, section 4; the ends scaled by 1000 / T
        return torch.linspace(1e-4 * 1000 / T, 0.02 * 1000 / T, T).clamp(max=0.999)
    f = torch.cos((torch.arange(T + 1) / T + 0.008) / 1.008 * math.pi / 2) ** 2
    bar = f / f[0]  # Nichol & Dhariwal 2021, eq. 17
    return (1 - bar[1:] / bar[:-1]).clamp(max=0.999)


def schedule(kind, T, steps):
    beta = betas(kind, T)
    bar = torch.cumprod(1 - beta, 0)
    previous = torch.cat([torch.ones(1), bar[:-1]])
    # Ho et al. 2020, eq. 7
    variance = beta * (1 - previous) / (1 - bar)
    clean = previous.sqrt() * beta / (1 - bar)
    noisy = (1 - beta).sqrt() * (1 - previous) / (1 - bar)
    pick = [t - 1 for t in steps]
    columns = dict(beta=beta, bar=bar, variance=variance, clean=clean, noisy=noisy)
    return dict(
        kind=kind, timesteps=T, steps=steps, **{k: v[pick].tolist() for k, v in columns.items()}
    )


# The network: C = 3, D = 5, width 16, one level, one block each, embedding 8, T = 100.
C, D, W, E, T, F = 3, 5, 16, 8, 100, 32
shapes = {"time_embed.fc1": (E, 2 * F), "time_embed.fc2": (E, E)}
shapes |= {"context_embed.fc1": (E, C), "context_embed.fc2": (E, E), "input_proj": (W, D)}


def block(name, width):
    global shapes
    shapes |= {f"{name}.modulation.time": (3 * width, E), f"{name}.modulation.context": (3 * width, E)}
    shapes |= {f"{name}.fc1": (width, width), f"{name}.fc2": (width, width)}


block("down_blocks.0", W)
shapes["downsamples.0"] = (W // 2, W)
block("middle_blocks.0", W // 2)
shapes["upsamples.0"] = (W, W // 2)
block("up_blocks.0", W)
shapes |= {"output_modulation.time": (2 * W, E), "output_modulation.context": (2 * W, E)}
shapes["output_proj"] = (D, W)

parameters = {}
for name, shape in shapes.items():
    for leaf, size in ((".weight", shape), (".bias", shape[:1])):
        count = math.prod(size)
        j = len(parameters)
        parameters[name + leaf] = 0.3 * torch.sin(0.7 * torch.arange(count) + 1.3 * j).reshape(size)


def layer(name, x):
    return torch.nn.functional.linear(x, parameters[name + ".weight"], parameters[name + ".bias"])


def mlp(name, x):
    silu = torch.nn.functional.silu
    return silu(layer(name + ".fc2", silu(layer(name + ".fc1", x))))


def modulate(name, h, time, context):
    parts = layer(name + ".time", time)[None] + layer(name + ".context", context)[:, None]
    parts = parts.split(h.shape[-1], dim=-1)
    normal = torch.nn.functional.layer_norm(h, h.shape[-1:], eps=1e-6)
    return normal * (1 + parts[1]) + parts[0], parts


def residual(name, h, time, context):
    x, parts = modulate(name + ".modulation", h, time, context)
    return h + parts[2] * layer(name + ".fc2", torch.nn.functional.silu(layer(name + ".fc1", x)))


def network(x, times, context):
    angles = 1000 * times[:, None] / T * 10.0 ** (-4 * torch.arange(F) / (F - 1))
    time = mlp("time_embed", torch.cat([angles.cos(), angles.sin()], dim=-1))
    context = mlp("context_embed", context)
    h = residual("down_blocks.0", layer("input_proj", x), time, context)
    skip = h
    h = residual("middle_blocks.0", layer("downsamples.0", h), time, context)
    h = residual("up_blocks.0", skip + layer("upsamples.0", h), time, context)
    return layer("output_proj", modulate("output_modulation", h, time, context)[0])


x = torch.sin(torch.arange(2 * 3 * D) * 0.9).reshape(2, 3, D)
context = torch.cos(torch.arange(2 * C) * 1.1).reshape(2, C)
times = torch.tensor([1.0, 37.5, 100.0])
goldens = dict(
    schedules=[
        schedule(kind, n, steps)
        for kind in ("linear", "cosine")
        for n, steps in ((1000, [1, 2, 3, 10, 100, 500, 900, 999, 1000]), (50, [1, 2, 25, 49, 50]))
    ],
    parameterNames=list(parameters),
    network=network(x, times, context).flatten().tolist(),
)
Path(__file__).with_name("goldens.json").write_text(json.dumps(goldens, indent=1) + "\n")
