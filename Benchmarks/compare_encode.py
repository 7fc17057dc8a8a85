"""`jepa encode` and neighbours beside the reference's encoder on PyTorch, interleaved.

    python compare_encode.py --jepa .build/release/jepa --repo IJEPA --inputs inputs.safetensors

Both sides read the same JPEGs and the same weights, and do everything: list, decode, encode, find each
image's 20 nearest. The files are drawn by `jepa scenes` unless --images names a folder. Times of both sides
leave out starting the program. Also: the images/s of our loader alone, with training's augmentations.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

from common import machine, publish, run, shown, spread


def write_encoder(inputs, path):
    """The encoder's initial weights out of the training benchmark's inputs."""
    from safetensors import safe_open
    from safetensors.torch import save_file
    with safe_open(inputs, "pt") as file:
        save_file({n.removeprefix("init."): file.get_tensor(n) for n in file.keys()
                   if n.startswith("init.encoder.")}, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jepa", required=True, help="our command-line tool, release build")
    parser.add_argument("--repo", default=os.environ.get("IJEPA_REPO"))
    parser.add_argument("--inputs", required=True, help="file written by make_inputs.py")
    parser.add_argument("--images", help="folder of images in class folders")
    parser.add_argument("--count", type=int, default=2000, help="images to draw, without --images")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--markdown", help="also write the table to this file")
    parser.add_argument("--json", help="write the ratios to this file")
    args = parser.parse_args()
    here = pathlib.Path(__file__).resolve().parent
    with tempfile.TemporaryDirectory() as folder:
        images = args.images
        if images is None:
            subprocess.run([args.jepa, "scenes", "--output", f"{folder}/scenes",
                            "--count", str(args.count), "--validation-count", "8"],
                           check=True, stdout=subprocess.DEVNULL)
            images = f"{folder}/scenes/train"
        write_encoder(args.inputs, f"{folder}/encoder.safetensors")
        ours, theirs = [], []
        for pair in range(args.pairs):
            ours.append(run([
                args.jepa, "bench", "encode", "--encoder", f"{folder}/encoder.safetensors",
                "--heads", "3", "--image-size", "64", "--images", images,
                "--threads", str(args.threads), "--json", f"{folder}/ours.json"]))
            theirs.append(run([
                sys.executable, str(here / "peer_encode.py"), "--repo", args.repo or "",
                "--images", images, "--encoder", f"{folder}/encoder.safetensors",
                "--threads", str(args.threads), "--json", f"{folder}/peer.json"]))
            a, b = ours[-1], theirs[-1]
            size, peer_size = a["mean_magnitude"], b["mean_magnitude"]
            if a["images"] != b["images"] or abs(size - peer_size) > 1e-2 * peer_size:
                sys.exit(f"no ratio: {a['images']} images with features of {size}, peer {b['images']} "
                         f"with {peer_size}; the two sides do not do the same work")
            print(f"pair {pair + 1}: {a['images'] / a['encode_seconds']:.0f} images/s, peer "
                  f"{b['images'] / b['encode_seconds']:.0f}", file=sys.stderr)

    def total(side):
        return side["encode_seconds"] + side["knn_seconds"]

    figures = {
        "encode": spread([b["encode_seconds"] / a["encode_seconds"] for a, b in zip(ours, theirs)]),
        "encode_and_knn": spread([total(b) / total(a) for a, b in zip(ours, theirs)]),
        "loader_images_per_second": spread([a["loader_images_per_second"] for a in ours]),
    }

    def rate(sides):
        return f"{statistics.median(s['images'] / s['encode_seconds'] for s in sides):.0f}"

    def neighbours(sides):
        return f"{statistics.median(s['knn_seconds'] for s in sides):.2f}"

    lines = [
        f"{ours[0]['images']:,} JPEGs, decoded and encoded by vit_tiny patch 8 at 64×64, bfloat16, then 20 "
        f"nearest of all for each; {args.threads} threads; medians of {args.pairs} interleaved pairs. "
        f"PyTorch {theirs[0]['torch']}, fused attention, PIL. {machine()}.", "",
        "| | images/s encoded | s for neighbours |", "|---|---|---|",
        f"| jepa | {rate(ours)} | {neighbours(ours)} |",
        f"| facebookresearch/ijepa | {rate(theirs)} | {neighbours(theirs)} |", "",
        f"PyTorch's time ÷ ours: encoding {shown(figures['encode'])}, with neighbours "
        f"{shown(figures['encode_and_knn'])}. Our loader alone, with augmentations: "
        f"{shown(figures['loader_images_per_second'], 0)} images/s.",
    ]
    publish(lines, args.markdown)
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
