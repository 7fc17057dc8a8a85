"""Our linear probe beside scikit-learn's LogisticRegression, and our attentive probe beside a block of PyTorch's.

    python compare_probes.py --jepa .build/release/jepa [--encoder E --images DIR]

DIR has train and val with class folders. Without it the sets are those that scikit-learn has or draws, and tokens
are patches of its digits. The linear probe's penalty is the same on both sides, 1 / (strength · rows) as C, twice that of two classes;
scikit-learn runs in float64 to a gradient of 1e-8. The attentive probes have the same block, optimizer and
schedule, and initial weights and batches of their own. Needs torch, scikit-learn and safetensors.
"""

import argparse
import json
import math
import pathlib
import subprocess
import tempfile

import numpy as np
import torch
from safetensors.numpy import load_file, save_file
from sklearn.datasets import load_breast_cancer, load_digits, make_classification
from sklearn.linear_model import LogisticRegression
from torch import nn
from torch.nn import functional as F

STRENGTHS = ["1e-5", "1e-3", "1e-1"]


def sets():
    """Name, rows, labels; the first 60 % of a fixed order are for training."""
    digits, labels = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    yield "digits, 64 pixels", digits, labels
    layer = rng.normal(size=(64, 256)) / 8
    yield "digits, 256 random ReLU", np.maximum((digits / 16 - 0.3) @ layer, 0), labels
    yield "breast cancer, 30 columns", *load_breast_cancer(return_X_y=True)
    drawn, classes = make_classification(2500, 60, n_informative=12, n_redundant=40, n_classes=10,
                                         n_clusters_per_class=1, class_sep=0.8, random_state=0)
    yield "drawn, 60 columns of rank 12 and noise", drawn + rng.normal(0, 1e-3, drawn.shape), classes
    powers = (digits / 16)[:, rng.permutation(64)[:24]]
    yield "digits, powers of 24 pixels", np.concatenate([powers, powers ** 2, powers ** 3], 1), labels


def split(x, y):
    order = np.random.default_rng(1).permutation(len(y))
    cut = int(0.6 * len(y))
    return x[order[:cut]], y[order[:cut]], x[order[cut:]], y[order[cut:]]


def write(path, x, y, xv, yv):
    save_file({"train": x.astype(np.float32), "train_labels": y.astype(np.int64),
               "validation": xv.astype(np.float32), "validation_labels": yv.astype(np.int64)}, path)


def exact(x, y, xv, yv, strength):
    x, xv = (a.astype(np.float32).astype(np.float64) for a in (x, xv))
    mean, std = x.mean(0), x.std(0)
    scale = np.where(std > 1e-10 * abs(mean), 1 / np.where(std > 0, std, 1), 0)
    # Of two classes scikit-learn fits one weight vector, the difference of our two: its square is twice theirs.
    factor = 2 if len(set(y)) == 2 else 1
    fit = LogisticRegression(C=factor / (strength * len(y)), tol=1e-8, max_iter=20000)
    fit.fit((x - mean) * scale, y)
    return fit.score((xv - mean) * scale, yv), fit.n_iter_.max()


class Block(nn.Module):
    def __init__(self, d, heads, classes):
        super().__init__()
        self.heads = heads
        self.query = nn.Parameter(torch.zeros(1, d))
        self.norm, self.hidden_norm = nn.LayerNorm(d), nn.LayerNorm(d)
        self.q, self.k, self.v, self.out = (nn.Linear(d, d) for _ in range(4))
        self.fc1, self.fc2 = nn.Linear(d, 4 * d), nn.Linear(4 * d, d)
        for layer in (self.q, self.k, self.v, self.out, self.fc1, self.fc2):
            nn.init.trunc_normal_(layer.weight, std=0.02)
            nn.init.zeros_(layer.bias)
        nn.init.trunc_normal_(self.query, std=0.02)
        with torch.no_grad():
            self.out.weight.div_(math.sqrt(2))
            self.fc2.weight.div_(math.sqrt(2))
        self.linear = nn.Linear(d, classes)

    def forward(self, tokens):
        def parts(x):
            return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        x = self.norm(tokens)
        query = self.query.expand(len(x), 1, -1)
        y = F.scaled_dot_product_attention(parts(self.q(query)), parts(self.k(x)), parts(self.v(x)))
        y = query + self.out(y.transpose(1, 2).flatten(2))
        y = y + self.fc2(F.gelu(self.fc1(self.hidden_norm(y))))
        return self.linear(y.squeeze(1))


def attentive(x, y, xv, yv, heads, epochs, seed, rate=1e-3, decay=0.01, batch=256):
    torch.manual_seed(seed)
    x, xv, y, yv = (torch.as_tensor(a) for a in (x, xv, y, yv))
    block = Block(x.shape[2], heads, int(y.max()) + 1)
    groups = [{"params": [p for n, p in block.named_parameters() if p.ndim > 1 and "bias" not in n]},
              {"params": [p for n, p in block.named_parameters() if p.ndim < 2 or "bias" in n], "weight_decay": 0}]
    optimizer = torch.optim.AdamW(groups, lr=rate, weight_decay=decay)
    steps = epochs * math.ceil(len(y) / batch)
    step = 0
    for _ in range(epochs):
        order = torch.randperm(len(y))
        for rows in order.split(batch):
            for group in optimizer.param_groups:
                group["lr"] = rate * (1 + math.cos(math.pi * step / steps)) / 2
            optimizer.zero_grad()
            F.cross_entropy(block(x[rows]), y[rows]).backward()
            optimizer.step()
            step += 1
    with torch.no_grad():
        return (torch.cat([block(part) for part in xv.split(500)]).argmax(1) == yv).float().mean().item()


def encoded(args, place):
    """Pooled features and tokens of the images, with labels."""
    found = []
    for part in ("train", "val"):
        output = place / f"{part}.safetensors"
        subprocess.run([args.jepa, "encode", "--encoder", args.encoder, "--images", f"{args.images}/{part}",
                        "--output", str(output), "--precision", "float32"], check=True, stdout=subprocess.DEVNULL)
        tensors = load_file(output)
        with open(output, "rb") as file:
            size = int.from_bytes(file.read(8), "little")
            names = json.loads(json.loads(file.read(size))["__metadata__"]["files"])
        classes = sorted({name.split("/")[0] for name in names})
        labels = np.array([classes.index(name.split("/")[0]) for name in names])
        found += [tensors["pooled"], tensors["tokens"], labels]
    pooled, tokens, y, pooled_v, tokens_v, yv = found
    return (pooled, y, pooled_v, yv), (tokens, y, tokens_v, yv)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jepa", required=True, help="our command-line tool")
    parser.add_argument("--encoder", help="an encoder whose features are a further set")
    parser.add_argument("--images", help="a folder with train and val")
    parser.add_argument("--heads", default=2, type=int)
    parser.add_argument("--epochs", default=40, type=int)
    parser.add_argument("--seeds", default=3, type=int)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)

        def ours(data, *options):
            write(place / "features.safetensors", *data)
            subprocess.run([args.jepa, "bench", "probes", str(place / "features.safetensors"), *options, "--json",
                            str(place / "figures.json")], check=True, stdout=subprocess.DEVNULL)
            return [figures["top1"] for figures in json.loads((place / "figures.json").read_text())]

        every = [(name, split(x, y)) for name, x, y in sets()]
        digits, labels = load_digits(return_X_y=True)
        patches = digits.reshape(-1, 4, 2, 4, 2).transpose(0, 1, 3, 2, 4).reshape(-1, 16, 4) / 16
        positions = np.broadcast_to(np.eye(16) * 2, (len(labels), 16, 16))
        tokens = split(np.concatenate([patches * 4, positions], 2).astype(np.float32), labels)
        if args.encoder:
            pooled, tokens = encoded(args, place)
            every.append(("encoder", pooled))
        print("| features | strength | ours, % | scikit-learn, % | difference, points |\n|---|---|---|---|---|")
        for name, data in every:
            for strength, top1 in zip(STRENGTHS, ours(data, "--strengths", ",".join(STRENGTHS))):
                peer, _ = exact(*data, float(strength))
                print(f"| {name}, {len(data[3])} rows | {strength} | {100 * top1:.2f} | {100 * peer:.2f} | "
                      f"{100 * (top1 - peer):+.2f} |", flush=True)
        top1 = ours(tokens, "--heads", str(args.heads), "--epochs", str(args.epochs), "--seeds", str(args.seeds))
        peers = [attentive(*tokens, args.heads, args.epochs, seed) for seed in range(args.seeds)]
        print("\nAttentive probe, %, by seed: ours " + ", ".join(f"{100 * x:.2f}" for x in top1)
              + "; PyTorch " + ", ".join(f"{100 * x:.2f}" for x in peers))


if __name__ == "__main__":
    main()
