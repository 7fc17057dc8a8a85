"""Times the reference's training step on a CPU, on given weights, images and masks.

    python peer_training.py --repo IJEPA --model vit_tiny --patch 8 --size 64 --batch 128 \\
        --pred-dim 96 --pred-depth 6 --precision bfloat16 --steps 30 --threads 2 \\
        --masks inputs.safetensors --json out.json

`--masks` names a file as make_inputs.py writes it. Images and initial weights are taken from it
where it has them, else images are random and weights are the reference's initialisation. The JSON
holds `losses`, `seconds` and `cpu_seconds` (per step), `images_per_second` (batch over the median
step, the first three left out), `peak_memory_bytes` and the versions.
"""

import argparse
import json
import os
import resource
import statistics
import sys
import time

WARM_UP = 3


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repo", default=None, help="checkout of facebookresearch/ijepa")
    parser.add_argument("--model", default="vit_tiny")
    parser.add_argument("--patch", type=int, default=8)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--pred-dim", type=int, default=96)
    parser.add_argument("--pred-depth", type=int, default=6)
    parser.add_argument("--precision", choices=["bfloat16", "float32"], default="bfloat16")
    parser.add_argument("--attention", choices=["eager", "sdpa"], default="eager")
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--masks", required=True, metavar="FILE.safetensors")
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="- is standard output")
    args = parser.parse_args()
    if args.steps <= WARM_UP:
        parser.error(f"--steps must be above {WARM_UP}, which are not timed")
    return args


def main():
    args = parse()
    os.environ["OMP_NUM_THREADS"] = str(args.threads)  # before torch starts its pool
    import torch
    from safetensors import safe_open

    import reference

    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    reference.add_repository(args.repo)
    if args.attention == "sdpa":
        reference.use_fused_attention()
    encoder, predictor = reference.build_models(
        args.model, args.size, args.patch, args.pred_dim, args.pred_depth)

    with safe_open(args.masks, "pt") as file:
        names = set(file.keys())
        metadata = file.metadata() or {}
        for module, prefix in ((encoder, "encoder."), (predictor, "predictor.")):
            # `init.encoder.x` as make_inputs.py writes it, or plain `encoder.x`.
            for full in ("init." + prefix, prefix):
                if any(n.startswith(full) for n in names):
                    module.load_state_dict(
                        {n[len(full):]: file.get_tensor(n) for n in names if n.startswith(full)})
                    break
    batches = 0
    while f"batch{batches}.context_indices" in names:
        batches += 1
    if not batches:
        sys.exit(f"{args.masks}: no batch0.context_indices; write the file with make_inputs.py")

    def batch(index):
        # Opened anew and copied, so that no more than one batch is in memory.
        name = f"batch{index % batches}."
        with safe_open(args.masks, "pt") as file:
            contexts = [t.clone() for t in file.get_tensor(name + "context_indices")]
            targets = [t.clone() for t in file.get_tensor(name + "target_indices")]
            if name + "images" in names:
                images = file.get_tensor(name + "images").clone()
            else:
                images = torch.randn(args.batch, 3, args.size, args.size)
        if tuple(images.shape) != (args.batch, 3, args.size, args.size):
            sys.exit(f"{args.masks}: {name}images is {tuple(images.shape)}; --batch and --size "
                     f"say {(args.batch, 3, args.size, args.size)}")
        return images, contexts, targets

    step = reference.TrainingStep(
        encoder, predictor, lr=float(metadata.get("lr", 5e-4)),
        weight_decay=float(metadata.get("weight_decay", 0.04)),
        ema=float(metadata.get("ema", 0.996)), precision=args.precision)
    losses, seconds, cpu_seconds = [], [], []
    for i in range(args.steps):
        inputs = batch(i)
        start, cpu_start = time.perf_counter(), time.process_time()
        losses.append(step(*inputs))
        seconds.append(time.perf_counter() - start)
        cpu_seconds.append(time.process_time() - cpu_start)

    rate = args.batch / statistics.median(seconds[WARM_UP:])
    result = {
        "losses": losses, "seconds": seconds, "cpu_seconds": cpu_seconds,
        "images_per_second": rate,
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "torch": torch.__version__, "threads": args.threads, "precision": args.precision,
        "attention": args.attention, "model": args.model,
    }
    if args.json in (None, "-"):
        print(json.dumps(result) if args.json else f"{rate:.1f} images/s")
    else:
        with open(args.json, "w") as out:
            json.dump(result, out)


if __name__ == "__main__":
    main()
