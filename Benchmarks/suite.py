"""All benchmarks, one after another; and whether what they find is still what it was.

    python suite.py --jepa .build/release/jepa --repo IJEPA --folder OUT [--pairs 7]
    python suite.py … --check Benchmarks/ratios.json

Writes a table (Markdown) and figures (JSON) for each part to --folder, and all ratios in one file,
ratios.json, with the machine in words. --check compares the medians with those of a file of that form, and
exits with 1 where one is worse by more than --tolerance, relative: 0.2 unless given, for shared machines.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

from common import machine, multiplies_bfloat16

HERE = pathlib.Path(__file__).resolve().parent

# Name, inputs' options, precision.
TRAINING = [
    ("training_vit_tiny_bfloat16", {}, "bfloat16"),
    ("training_vit_small_bfloat16",
     {"model": "vit_small", "pred-dim": 192, "batch": 64, "batches": 20}, "bfloat16"),
    ("training_vit_tiny_float32", {}, "float32"),
    ("training_vit_small_float32",
     {"model": "vit_small", "pred-dim": 192, "batch": 64, "batches": 20}, "float32"),
]


def prepared(repo, folder, options):
    """The inputs file for these options, written once."""
    name = "-".join(f"{k}={v}" for k, v in options.items()) or "vit_tiny"
    path = folder / f"inputs-{name}.safetensors"
    if not path.exists():
        words = [word for k, v in options.items() for word in (f"--{k}", str(v))]
        subprocess.run([sys.executable, str(HERE / "make_inputs.py"), "--repo", repo,
                        "--output", str(path), *words], check=True)
    return path


def run(script, name, folder, *options):
    print(f"== {name}", file=sys.stderr)
    out = folder / f"{name}.json"
    subprocess.run([sys.executable, str(HERE / script), *map(str, options), "--json", str(out),
                    "--markdown", str(folder / f"{name}.md")], check=True)
    return json.loads(out.read_text())


def measured(args, folder):
    """All ratios by name, larger is better: PyTorch's time over ours, or how well we scale."""
    ratios = {}
    wanted = args.parts.split(",")
    for name, options, precision in TRAINING if "training" in wanted else []:
        if precision == "bfloat16" and not multiplies_bfloat16():
            print(f"{name}: left out, this processor has no bfloat16 products", file=sys.stderr)
            continue
        figures = run(
            "compare.py", name, folder, "--jepa", args.jepa, "--repo", args.repo,
            "--inputs", prepared(args.repo, args.cache, options), "--pairs", args.pairs,
            "--steps", 20, "--precision", precision, "--attention", "eager,sdpa")
        ratios[name] = next(iter(figures["ratios"].values()))
        ratios[name + "_share_of_peak"] = figures["share_of_peak"]
        sides = figures["sides"]
        ratios[name + "_memory"] = {"median": min(
            s["peak_memory_bytes"] for n, s in sides.items() if n != "ours"
        ) / sides["ours"]["peak_memory_bytes"]}
    if "encode" in wanted:
        figures = run(
            "compare_encode.py", "encode", folder, "--jepa", args.jepa, "--repo", args.repo,
            "--inputs", prepared(args.repo, args.cache, {}), "--pairs", args.pairs)
        ratios["encode"] = figures["encode"]
        ratios["encode_and_knn"] = figures["encode_and_knn"]
    if "heads" in wanted:
        figures = run("compare_heads.py", "heads", folder, "--jepa", args.jepa,
                      "--pairs", args.pairs)
        for head, times in figures.items():
            ratios[f"{head}: samples"] = times["sample_seconds"]
            ratios[f"{head}: log-densities"] = times["density_seconds"]
    if "scaling" in wanted:
        figures = run("scaling.py", "scaling", folder, "--jepa", args.jepa, "--rounds", args.pairs)
        ratios["two_threads"] = figures["threads"][1]
        # The others are costs; 1 over them, so that larger is better here too.
        for group in ("batch", "side", "masks"):
            for index, cost in enumerate(figures[group][1:], 1):
                ratios[f"{group}_{index}"] = {"median": 1 / cost["median"]}
    return ratios


def check(ratios, path, tolerance):
    """The names of what became worse."""
    known = json.loads(pathlib.Path(path).read_text())["ratios"]
    worse = []
    for name, ratio in ratios.items():
        if name not in known:
            print(f"{name}: {ratio['median']:.2f}, new")
            continue
        before, now = known[name]["median"], ratio["median"]
        verdict = "worse" if now < before * (1 - tolerance) else "as before or better"
        print(f"{name}: {now:.2f}, was {before:.2f}: {verdict}")
        if verdict == "worse":
            worse.append(name)
    return worse


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jepa", required=True, help="our command-line tool, release build")
    parser.add_argument("--repo", default=os.environ.get("IJEPA_REPO", ""))
    parser.add_argument("--folder", type=pathlib.Path, required=True, help="where to write")
    parser.add_argument("--cache", type=pathlib.Path, required=True, help="where inputs are kept")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--parts", default="training,encode,heads,scaling")
    parser.add_argument("--check", metavar="FILE", help="compare with these ratios")
    parser.add_argument("--tolerance", type=float, default=0.2)
    args = parser.parse_args()
    for folder in (args.folder, args.cache):
        folder.mkdir(parents=True, exist_ok=True)
    ratios = measured(args, args.folder)
    (args.folder / "ratios.json").write_text(
        json.dumps({"machine": machine(), "pairs": args.pairs, "ratios": ratios}, indent=2) + "\n")
    if args.check:
        worse = check(ratios, args.check, args.tolerance)
        if worse:
            sys.exit(f"{len(worse)} of {len(ratios)} ratios are worse: {', '.join(worse)}")


if __name__ == "__main__":
    main()
