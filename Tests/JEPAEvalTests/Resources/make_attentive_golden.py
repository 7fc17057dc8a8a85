"""Writes attentive_golden.json: the cross-attention block of V-JEPA's evaluations, of PyTorch's own modules.

    python make_attentive_golden.py          # needs torch
"""

import json
import math

import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(3)
torch.set_default_dtype(torch.float64)
heads, classes, patches, d, images = 2, 3, 5, 8, 12
steps, rate, decay = 40, 1e-2, 0.05


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.query = nn.Parameter(torch.randn(1, d) * 0.3)
        self.token_norm = nn.LayerNorm(d)
        self.queries, self.keys, self.values, self.projection = (
            nn.Linear(d, d), nn.Linear(d, d, bias=False), nn.Linear(d, d), nn.Linear(d, d))
        self.hidden_norm = nn.LayerNorm(d)
        self.hidden = nn.ModuleDict({"fc1": nn.Linear(d, 4 * d), "fc2": nn.Linear(4 * d, d)})
        self.classifier = nn.Linear(d, classes)

    def forward(self, tokens):
        def split(x):  # [B, P, D] -> [B, H, P, D / H]
            return x.unflatten(-1, (heads, d // heads)).transpose(1, 2)
        x = self.token_norm(tokens)
        query = self.query.expand(len(x), 1, d)
        attended = F.scaled_dot_product_attention(
            split(self.queries(query)), split(self.keys(x)), split(self.values(x)))
        y = query + self.projection(attended.transpose(1, 2).flatten(2))
        y = y + self.hidden["fc2"](F.gelu(self.hidden["fc1"](self.hidden_norm(y))))
        return self.classifier(y.squeeze(1))


def rounded(x):
    return x.detach().float().double()


block = Block()
with torch.no_grad():
    for parameter in block.parameters():
        parameter.copy_(rounded(parameter + 0.1 * torch.randn_like(parameter)))
tokens = rounded(torch.randn(images, patches, d))
labels = torch.arange(images) % classes
weights = {name: p.detach().flatten().tolist() for name, p in block.named_parameters()}
logits = block(tokens).detach().flatten().tolist()
groups = [
    {"params": [p for n, p in block.named_parameters() if p.ndim > 1 and "bias" not in n]},
    {"params": [p for n, p in block.named_parameters() if p.ndim < 2 or "bias" in n],
     "weight_decay": 0},
]
optimizer = torch.optim.AdamW(groups, lr=rate, weight_decay=decay)
for _ in range(steps):
    optimizer.zero_grad()
    F.cross_entropy(block(tokens), labels).backward()
    optimizer.step()
trained = block(tokens).detach().flatten().tolist()
assert all(math.isfinite(x) for x in logits + trained)
with open("attentive_golden.json", "w") as file:
    json.dump({
        "heads": heads, "classes": classes, "patches": patches, "dimensions": d, "steps": steps,
        "learningRate": rate, "weightDecay": decay, "tokens": tokens.flatten().tolist(),
        "labels": labels.tolist(), "weights": weights, "logits": logits, "trainedLogits": trained,
    }, file)
    file.write("\n")
