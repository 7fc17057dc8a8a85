"""Writes what both sides of the benchmark read: weights, images and masks, in one safetensors file.

    python make_inputs.py --repo IJEPA --output inputs.safetensors

Tensors: `init.encoder.*` and `init.predictor.*` (the reference's names and initialisation; the
target encoder starts as a copy of the encoder), and for step i `batch{i}.images` [B, 3, H, W]
float32, `batch{i}.context_indices` [1, B, Nc] and `batch{i}.target_indices` [4, B, Np] int64 from
the reference's MaskCollator. A run longer than the batches starts again at the first.

Metadata (all strings): `lr`, `weight_decay` and `ema`, constant over the run; `batches`, `model`,
`image_size`, `patch_size`, `batch_size`, `predictor_dim`, `predictor_depth`, `seed`.
"""

import argparse
import os

import torch
from safetensors.torch import save_file

import reference


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repo", default=None, help="checkout of facebookresearch/ijepa")
    parser.add_argument("--model", default="vit_tiny")
    parser.add_argument("--patch", type=int, default=8)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--batches", type=int, default=24)
    parser.add_argument("--pred-dim", type=int, default=96)
    parser.add_argument("--pred-depth", type=int, default=6)
    parser.add_argument("--lr", type=float, default=5e-4)
    parser.add_argument("--weight-decay", type=float, default=0.04)
    parser.add_argument("--ema", type=float, default=0.996)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", required=True)
    args = parser.parse_args()

    reference.add_repository(args.repo)
    torch.manual_seed(args.seed)
    encoder, predictor = reference.build_models(
        args.model, args.size, args.patch, args.pred_dim, args.pred_depth)
    collator = reference.build_mask_collator(args.size, args.patch)

    tensors = {f"init.encoder.{k}": v for k, v in encoder.state_dict().items()}
    tensors |= {f"init.predictor.{k}": v for k, v in predictor.state_dict().items()}
    for i in range(args.batches):
        images = torch.randn(args.batch, 3, args.size, args.size)
        _, contexts, targets = collator([0] * args.batch)
        tensors[f"batch{i}.images"] = images
        tensors[f"batch{i}.context_indices"] = torch.stack(contexts)
        tensors[f"batch{i}.target_indices"] = torch.stack(targets)
    metadata = {
        "lr": args.lr, "weight_decay": args.weight_decay, "ema": args.ema,
        "batches": args.batches, "model": args.model, "image_size": args.size,
        "patch_size": args.patch, "batch_size": args.batch, "predictor_dim": args.pred_dim,
        "predictor_depth": args.pred_depth, "seed": args.seed,
    }
    tensors = {k: v.contiguous() for k, v in tensors.items()}
    save_file(tensors, args.output + ".part", {k: str(v) for k, v in metadata.items()})
    os.replace(args.output + ".part", args.output)


if __name__ == "__main__":
    main()
