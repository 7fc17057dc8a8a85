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
import platform
import statistics
import subprocess
import sys
import tempfile

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
    parser.add_argument("--attention", default="eager", help="eager, sdpa or eager,sdpa")
    parser.add_argument("--markdown", help="also write the table to this file")
    args = parser.parse_args()
    if args.steps < COMPARED_STEPS:
        parser.error(f"--steps must be at least {COMPARED_STEPS}, whose losses are compared")
    return args


def read_metadata(path):
    """The metadata of a safetensors file: a header of JSON behind its 8-byte length."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    return header.get("__metadata__", {})


def run(command):
    """Runs a side; its last argument is the path of its JSON, returned parsed."""
    environment = dict(os.environ)
    environment.pop("OMP_NUM_THREADS", None)  # each side sets its own threads
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"failed ({done.returncode}): {' '.join(command)}\n"
                 f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return json.loads(pathlib.Path(command[-1]).read_text())


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


def machine():
    """The machine in words."""
    model, flags = platform.machine(), ""
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
        if line.startswith("flags"):
            flags = line
    units = [name for key, name in (
        ("avx2", "AVX2"), ("avx512f", "AVX-512"), ("avx512_bf16", "AVX-512 bf16"),
        ("amx_bf16", "AMX bf16")) if f" {key} " in flags + " "]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (f"{len(os.sched_getaffinity(0))} cores of {model} ({', '.join(units)}), "
            f"{memory:.0f} GiB, Linux {platform.release()}")


def publish(lines, path):
    """Prints the table; also writes it to `path` if there is one."""
    table = "\n".join(lines)
    print(table)
    if path:
        pathlib.Path(path).write_text(table + "\n")


def main():
    args = parse()
    here = pathlib.Path(__file__).resolve().parent
    meta = read_metadata(args.inputs)
    batch = int(meta["batch_size"])
    peers = args.attention.split(",")
    with tempfile.TemporaryDirectory() as folder:
        def ours():
            return run([
                args.jepa, "bench", "training", "--model", meta["model"],
                "--patch", meta["patch_size"], "--size", meta["image_size"],
                "--batch", meta["batch_size"], "--predictor-dim", meta["predictor_dim"],
                "--predictor-depth", meta["predictor_depth"], "--precision", args.precision,
                "--steps", str(args.steps), "--threads", str(args.threads),
                "--inputs", args.inputs, "--json", f"{folder}/ours.json"])

        def theirs(attention):
            return run([
                sys.executable, str(here / "peer_training.py"), "--repo", args.repo or "",
                "--model", meta["model"], "--patch", meta["patch_size"],
                "--size", meta["image_size"], "--batch", meta["batch_size"],
                "--pred-dim", meta["predictor_dim"], "--pred-depth", meta["predictor_depth"],
                "--precision", args.precision, "--attention", attention,
                "--steps", str(args.steps), "--threads", str(args.threads),
                "--masks", args.inputs, "--json", f"{folder}/peer.json"])

        results = {"ours": [], **{name: [] for name in peers}}
        for pair in range(args.pairs):
            results["ours"].append(ours())
            print(f"pair {pair + 1}: ours {rate(results['ours'][-1], batch):.1f} images/s",
                  file=sys.stderr)
            for name in peers:
                results[name].append(theirs(name))
                print(f"pair {pair + 1}: peer, {name} attention "
                      f"{rate(results[name][-1], batch):.1f} images/s "
                      f"(load {os.getloadavg()[0]:.1f})", file=sys.stderr)
                difference, step = largest_loss_difference(results["ours"][-1], results[name][-1])
                if difference > TOLERANCE:
                    a = results["ours"][-1]["losses"][step]
                    b = results[name][-1]["losses"][step]
                    sys.exit(
                        f"no ratio: losses differ by {difference:.2%} at step {step} ({a:.6f}, "
                        f"peer {b:.6f}); the two sides do not do the same work")

    torch_version = results[peers[0]][0]["torch"]
    lines = [
        f"Training step, {meta['model']} patch {meta['patch_size']}, "
        f"{meta['image_size']}×{meta['image_size']}, batch {batch}, predictor "
        f"{meta['predictor_dim']}×{meta['predictor_depth']}, {args.precision}, reference masks, "
        f"{args.threads} threads; {args.pairs} interleaved pairs of {args.steps} steps. "
        f"PyTorch {torch_version}. {machine()}; load {os.getloadavg()[0]:.1f} at the end.",
        "",
        "| | images/s | ms per step | peak memory, MiB | ours ÷ peer (range over pairs) "
        "| largest loss difference |",
        "|---|---|---|---|---|---|",
    ]
    for name, runs in results.items():
        speed = statistics.median(rate(r, batch) for r in runs)
        memory = statistics.median(r["peak_memory_bytes"] for r in runs) / 2**20
        row = [f"{speed:.1f}", f"{1000 * batch / speed:.0f}", f"{memory:.0f}"]
        if name == "ours":
            row = ["jepa"] + row + ["", ""]
        else:
            ratios = [rate(a, batch) / rate(b, batch) for a, b in zip(results["ours"], runs)]
            worst = max(largest_loss_difference(a, b)[0] for a, b in zip(results["ours"], runs))
            row = [f"facebookresearch/ijepa, {name} attention"] + row + [
                f"{statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})",
                f"{worst:.3%}"]
        lines.append("| " + " | ".join(row) + " |")
    publish(lines, args.markdown)


if __name__ == "__main__":
    main()
