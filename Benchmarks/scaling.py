"""How our training step's time changes with threads, batch, image side and form of the masks.

    python scaling.py --jepa .build/release/jepa --rounds 7 --markdown FILE --json FILE

Within a round every variant runs once, in turn; a figure is the median over rounds of the ratio to its
group's first variant. Images are random, masks drawn with a fixed seed.
"""

import argparse
import json
import pathlib
import sys
import tempfile

from common import machine, publish, run, shown, spread

# Group: what is compared, then its variants' options. The first is what the others are divided by.
GROUPS = {
    "threads": ("images/s", [{"threads": 1}, {"threads": 2}]),
    "batch": ("seconds an image", [{"batch": b} for b in (128, 64, 256, 512)]),
    "side": ("seconds a GFLOP", [
        {"size": 64, "batch": 128}, {"size": 96, "batch": 56}, {"size": 128, "batch": 32}]),
    "masks": ("trained seconds a GFLOP", [{"reference_masks": True}, {}]),
}


def value(group, options, figures):
    seconds = figures["median_seconds"]
    batch = options.get("batch", 128)
    if group == "threads":
        return batch / seconds
    if group == "batch":
        return seconds / batch
    return seconds / figures["gigaflops"]


def trained_cost(path):
    """Thread-seconds a GFLOP of context encoder, predictor and loss, forward and backward.

    Masks decide how many tokens go through these. The target encoder sees every patch whatever the masks
    are, and being without gradients it costs less for its arithmetic.
    """
    trace = [e for e in json.loads(path.read_text())["traceEvents"] if e.get("ph") == "X"]
    spans = {}
    for event in trace:
        if event["name"] == "targets":
            spans.setdefault(event["tid"], []).append((event["ts"], event["ts"] + event["dur"]))
    flops = 0
    for event in trace:
        rate = event.get("args", {}).get("GFLOP/s", 0)
        if rate and not any(start <= event["ts"] <= end for start, end in spans.get(event["tid"], [])):
            flops += rate * event["dur"] * 1e-6
    stages = ("context encoder", "predictor", "loss", "backward")
    return sum(e["dur"] * 1e-6 for e in trace if e["name"] in stages) / flops


def measure(jepa, rounds, steps, threads, groups=GROUPS):
    """For each group, a list of the variants' ratios to the first."""
    ratios = {name: [[] for _ in variants] for name, (_, variants) in groups.items()}
    with tempfile.TemporaryDirectory() as folder:
        for index in range(rounds):
            for name, (_, variants) in groups.items():
                values = []
                for options in variants:
                    words = []
                    for key, option in ({"threads": threads} | options).items():
                        words += ["--" + key.replace("_", "-")]
                        words += [] if option is True else [str(option)]
                    trace = pathlib.Path(folder, "trace.json")
                    if name == "masks":
                        words += ["--trace", str(trace)]
                    figures = run([jepa, "bench", "training", "--steps", str(steps), *words,
                                   "--json", f"{folder}/figures.json"])
                    values.append(trained_cost(trace) if name == "masks"
                                  else value(name, options, figures))
                for variant, each in enumerate(values):
                    ratios[name][variant].append(each / values[0])
                print(f"round {index + 1}: {name} "
                      + ", ".join(f"{each / values[0]:.2f}" for each in values), file=sys.stderr)
    return {name: [spread(r) for r in lists] for name, lists in ratios.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jepa", required=True, help="our command-line tool, release build")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--groups", default=",".join(GROUPS))
    parser.add_argument("--markdown", help="also write the table to this file")
    parser.add_argument("--json", help="write the ratios to this file")
    args = parser.parse_args()
    groups = {name: GROUPS[name] for name in args.groups.split(",")}
    figures = measure(args.jepa, args.rounds, args.steps, args.threads, groups)
    lines = [
        f"vit_tiny patch 8, predictor 96×6, bfloat16, {args.threads} threads where not varied; "
        f"medians of {args.rounds} rounds (range). {machine()}.", "",
        "| varied | compared | to | ratio |", "|---|---|---|---|",
    ]
    for name, (unit, variants) in groups.items():
        first, *rest = [" ".join(f"{k} {v}" for k, v in o.items()) or "mended" for o in variants]
        for label, ratio in zip(rest, figures[name][1:]):
            lines.append(f"| {label} | {unit} | {first} | {shown(ratio)} |")
    publish(lines, args.markdown)
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
