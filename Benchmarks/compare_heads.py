"""Our heads' samples and log-densities and zuko's, in separate processes, interleaved A B A B.

    python compare_heads.py --jepa .build/release/jepa

D = 192 and C = 96, 1,000 rows, one thread each, random weights. The time of a side is the median over
the pairs, and the ratio the median of the pairs' ratios. Peers are zuko's nearest equivalents, with the
same widths, layers and components; the table says what each is. zuko has no diffusion.
"""

import argparse
import json
import os
import pathlib
import statistics
import sys
import tempfile

from common import machine, publish, run, shown, spread

# Our head, its peer's name in peer_heads.py, what the peer is. A peer may stand beside two of ours.
CASES = [
    ("mixture components=8 hidden_dimensions=128", "mixture", "GMM, 8 diagonal components, 128 hidden"),
    ("autoregressive components=1", "autoregressive", "MAF of one transform, 2×384: one Gaussian each"),
    ("autoregressive components=5", "autoregressive", "the same MAF: one Gaussian each, ours five"),
    ("flow coupling=affine", "affine", "RealNVP, 8 couplings, 3×192"),
    ("flow coupling=spline bins=8", "spline", "NSF couplings, 8 of 8 bins, 3×192"),
    ("diffusion", None, "none; 50 DDIM steps; the density is an estimate"),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jepa", required=True, help="our command-line tool, release build")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--seconds", default="0.1", help="least seconds a time, in each process")
    parser.add_argument("--markdown", help="also write the table to this file")
    parser.add_argument("--json", help="write the ratios to this file")
    args = parser.parse_args()
    here = pathlib.Path(__file__).resolve().parent
    peers = ",".join(dict.fromkeys(peer for _, peer, _ in CASES if peer))
    compared = [option for head, peer, _ in CASES if peer for option in ("--head", head)]
    alone = [option for head, peer, _ in CASES if not peer for option in ("--head", head)]
    common = ["--seconds", args.seconds, "--threads", "1"]
    with tempfile.TemporaryDirectory() as folder:
        def ours(heads):
            return run([args.jepa, "bench", "heads", *heads, *common,
                        "--json", f"{folder}/ours.json"])
        pairs = []
        for pair in range(args.pairs):
            first = {figures["head"]: figures for figures in ours(compared)}
            second = run([sys.executable, str(here / "peer_heads.py"), "--cases", peers, *common,
                          "--json", f"{folder}/peer.json"])
            pairs.append((first, second))
            print(f"pair {pair + 1} of {args.pairs}, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
        lonely = {figures["head"]: figures for figures in ours(alone)}

    def milliseconds(values):
        return f"{1000 * statistics.median(values):.1f}"

    lines = [
        f"1,000 samples and 1,000 log-densities, D = 192, C = 96, one thread, float32; medians of "
        f"{args.pairs} interleaved pairs. zuko {pairs[0][1]['zuko']}, PyTorch {pairs[0][1]['torch']}. "
        f"{machine()}; load {os.getloadavg()[0]:.1f} at the end.",
        "",
        "| ours | parameters | zuko's | parameters | samples, ms: ours, zuko | zuko ÷ ours (range) "
        "| log-densities, ms: ours, zuko | zuko ÷ ours (range) |",
        "|---|---|---|---|---|---|---|---|",
    ]
    figures = {}
    for head, peer, words in CASES:
        if peer is None:
            times = lonely[head]
            lines.append(
                f"| {head} | {times['parameters']:,} | {words} | | "
                f"{milliseconds([times['sample_seconds']])} | | "
                f"{milliseconds([times['density_seconds']])} | |")
            continue
        cells = [head, f"{pairs[0][0][head]['parameters']:,}", words,
                 f"{pairs[0][1]['cases'][peer]['parameters']:,}"]
        for key in ("sample_seconds", "density_seconds"):
            a = [first[head][key] for first, _ in pairs]
            b = [second["cases"][peer][key] for _, second in pairs]
            ratios = [y / x for x, y in zip(a, b)]
            figures.setdefault(head, {})[key] = spread(ratios)
            cells += [f"{milliseconds(a)}, {milliseconds(b)}", shown(spread(ratios))]
        lines.append("| " + " | ".join(cells) + " |")
    publish(lines, args.markdown)
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
