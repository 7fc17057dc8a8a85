"""Our training step and the PyTorch peer's, in separate processes, interleaved A B A B.

    python compare.py --jepa .build/release/jepa --repo IJEPA --inputs inputs.safetensors

Both sides read the same weights, images and masks. A ratio is printed only if the losses of the
first 20 steps agree to 1 %; else the differences are printed and the exit status is 1. The rate of
a run is the batch over the median step, the first three steps left out; the rate of a side is the
median over the pairs, and the ratio the median of the pairs' ratios.
"""

import argparse
import json
import os
import pathlib
import statistics
import sys
import tempfile

from common import machine, publish, run, shown, spread

WARM_UP = 3
COMPARED_STEPS = 20
TOLERANCE = 0.01


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jepa", required=True, help="our command-line tool, release build")
    parser.add_argument("--repo", default=os.environ.get("IJEPA_REPO"))
    parser.add_argument("--inputs", required=True, help="file written by make_inputs.py")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", choices=["bfloat16", "float32"], default="bfloat16")
    parser.add_argument("--attention", default="eager,sdpa",
                        help="eager, sdpa or both: then the faster in the first pair is kept")
    parser.add_argument("--markdown", help="also write the table to this file")
    parser.add_argument("--json", help="write the figures to this file")
    args = parser.parse_args()
    if args.steps < COMPARED_STEPS:
        parser.error(f"--steps must be at least {COMPARED_STEPS}, whose losses are compared")
    return args


def read_metadata(path):
    """The metadata of a safetensors file: a header of JSON behind its 8-byte length."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    return header.get("__metadata__", {})


def rate(result, batch):
    return batch / statistics.median(result["seconds"][WARM_UP:])


def largest_loss_difference(ours, theirs):
    """Largest relative difference over the compared steps, and its step."""
    pairs = list(zip(ours["losses"], theirs["losses"]))[:COMPARED_STEPS]
    if len(pairs) < COMPARED_STEPS:
        sys.exit(f"only {len(pairs)} losses to compare; {COMPARED_STEPS} are needed")
    # Written so that a loss that is not a number counts as different.
    differences = [
        abs(a - b) / abs(b) if abs(a - b) / abs(b) <= float("inf") else float("inf")
        for a, b in pairs]
    worst = max(range(len(differences)), key=differences.__getitem__)
    return differences[worst], worst


def compare(jepa, repo, inputs, pairs, steps, threads, precision, peers):
    """Interleaved pairs; every run's figures by side. Exits where the sides' losses differ."""
    here = pathlib.Path(__file__).resolve().parent
    meta = read_metadata(inputs)
    batch = int(meta["batch_size"])
    with tempfile.TemporaryDirectory() as folder:
        def ours():
            return run([
                jepa, "bench", "training", "--model", meta["model"],
                "--patch", meta["patch_size"], "--size", meta["image_size"],
                "--batch", meta["batch_size"], "--predictor-dim", meta["predictor_dim"],
                "--predictor-depth", meta["predictor_depth"], "--precision", precision,
                "--steps", str(steps), "--threads", str(threads),
                "--inputs", inputs, "--json", f"{folder}/ours.json"])

        def theirs(attention):
            return run([
                sys.executable, str(here / "peer_training.py"), "--repo", repo or "",
                "--model", meta["model"], "--patch", meta["patch_size"],
                "--size", meta["image_size"], "--batch", meta["batch_size"],
                "--pred-dim", meta["predictor_dim"], "--pred-depth", meta["predictor_depth"],
                "--precision", precision, "--attention", attention,
                "--steps", str(steps), "--threads", str(threads),
                "--masks", inputs, "--json", f"{folder}/peer.json"])

        peers = list(peers)
        results = {"ours": [], **{name: [] for name in peers}}
        for pair in range(pairs):
            if pair == 1 and len(peers) > 1:  # the first pair tells which form to beat
                faster = max(peers, key=lambda name: rate(results[name][0], batch))
                for name in set(peers) - {faster}:
                    del results[name]
                peers = [faster]
            results["ours"].append(ours())
            for name in peers:
                results[name].append(theirs(name))
                a, b = results["ours"][-1], results[name][-1]
                print(f"pair {pair + 1}: ours {rate(a, batch):.1f} images/s, peer, {name} attention "
                      f"{rate(b, batch):.1f} (load {os.getloadavg()[0]:.1f})", file=sys.stderr)
                difference, step = largest_loss_difference(a, b)
                if difference > TOLERANCE:
                    sys.exit(
                        f"no ratio: losses differ by {difference:.2%} at step {step} "
                        f"({a['losses'][step]:.6f}, peer {b['losses'][step]:.6f}); the two sides "
                        "do not do the same work")
    return results


def summary(results, batch):
    """Rates, memory, share of the peak, and ratios to each form of the peer."""
    ours = results["ours"]
    figures = {"sides": {}, "ratios": {}, "loss_difference": 0}
    for name, runs in results.items():
        figures["sides"][name] = {
            "images_per_second": spread([rate(r, batch) for r in runs]),
            "peak_memory_bytes": statistics.median(r["peak_memory_bytes"] for r in runs)}
        if name == "ours":
            continue
        figures["ratios"][name] = spread([rate(a, batch) / rate(b, batch)
                                          for a, b in zip(ours, runs)])
        figures["loss_difference"] = max(
            [figures["loss_difference"]]
            + [largest_loss_difference(a, b)[0] for a, b in zip(ours, runs)])
    figures["share_of_peak"] = spread([
        r["gigaflops"] / r["median_seconds"] / r["peak_gigaflops_per_second"] for r in ours])
    return figures


def main():
    args = parse()
    meta = read_metadata(args.inputs)
    batch = int(meta["batch_size"])
    results = compare(
        args.jepa, args.repo, args.inputs, args.pairs, args.steps, args.threads, args.precision,
        args.attention.split(","))
    figures = summary(results, batch)
    torch_version = next(r[0]["torch"] for n, r in results.items() if n != "ours")
    lines = [
        f"Training step, {meta['model']} patch {meta['patch_size']}, "
        f"{meta['image_size']}×{meta['image_size']}, batch {batch}, predictor "
        f"{meta['predictor_dim']}×{meta['predictor_depth']}, {args.precision}, reference masks, "
        f"{args.threads} threads; {args.pairs} interleaved pairs of {args.steps} steps. "
        f"PyTorch {torch_version}. {machine()}; load {os.getloadavg()[0]:.1f} at the end. Losses "
        f"differ by at most {figures['loss_difference']:.3%}; of the peak for products, ours "
        f"reached {100 * figures['share_of_peak']['median']:.0f} %.",
        "",
        "| | images/s | ms per step | peak memory, MiB | ours ÷ peer (range over pairs) |",
        "|---|---|---|---|---|",
    ]
    for name, side in figures["sides"].items():
        speed = side["images_per_second"]["median"]
        row = [f"{speed:.1f}", f"{1000 * batch / speed:.0f}",
               f"{side['peak_memory_bytes'] / 2**20:.0f}"]
        title = "jepa" if name == "ours" else f"facebookresearch/ijepa, {name} attention"
        row = [title] + row + ["" if name == "ours" else shown(figures["ratios"][name])]
        lines.append("| " + " | ".join(row) + " |")
    publish(lines, args.markdown)
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
