"""Encodes a folder's images with the reference's encoder, decoding them by PIL, and finds neighbours.

    python peer_encode.py --repo IJEPA --images DIR --encoder encoder.safetensors --json out.json

Files are read and resized by workers of a torch DataLoader, features are the mean over patches, and each
image's 20 nearest of all by cosine are found by one product and topk, in blocks. `seconds` are those of
encoding and of neighbours, without starting Python.
"""

import argparse
import json
import os
import pathlib
import time


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repo", default=None, help="checkout of facebookresearch/ijepa")
    parser.add_argument("--images", required=True)
    parser.add_argument("--encoder", required=True, help="weights in the reference's names")
    parser.add_argument("--model", default="vit_tiny")
    parser.add_argument("--patch", type=int, default=8)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--precision", choices=["bfloat16", "float32"], default="bfloat16")
    parser.add_argument("--attention", choices=["eager", "sdpa"], default="sdpa")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--json", required=True)
    args = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(args.threads)
    import numpy
    import torch
    from PIL import Image
    from safetensors.torch import load_file

    import reference

    torch.set_num_threads(args.threads)
    reference.add_repository(args.repo)
    if args.attention == "sdpa":
        reference.use_fused_attention()
    encoder, _ = reference.build_models(args.model, args.size, args.patch, 96, 1)
    weights = load_file(args.encoder)
    encoder.load_state_dict({k.removeprefix("encoder."): v for k, v in weights.items()})
    encoder.eval()
    files = sorted(p for p in pathlib.Path(args.images).rglob("*")
                   if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
    mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)

    class Images(torch.utils.data.Dataset):
        def __len__(self):
            return len(files)

        def __getitem__(self, index):
            image = Image.open(files[index]).convert("RGB")
            if image.size != (args.size, args.size):
                image = image.resize((args.size, args.size), Image.BILINEAR)
            pixels = torch.from_numpy(numpy.asarray(image).copy()).permute(2, 0, 1)
            return (pixels.float() / 255 - mean) / deviation

    start = time.perf_counter()
    pooled = []
    loader = torch.utils.data.DataLoader(
        Images(), batch_size=args.batch, num_workers=args.workers)
    with torch.inference_mode(), torch.autocast(
            "cpu", dtype=torch.bfloat16, enabled=args.precision == "bfloat16"):
        for batch in loader:
            pooled.append(encoder(batch).float().mean(dim=1))
    features = torch.cat(pooled)
    encoded = time.perf_counter()
    with torch.inference_mode():
        unit = torch.nn.functional.normalize(features)
        for block in unit.split(256):
            (block @ unit.T).topk(20)
    done = time.perf_counter()
    pathlib.Path(args.json).write_text(json.dumps({
        "images": len(files), "encode_seconds": encoded - start, "knn_seconds": done - encoded,
        "mean_magnitude": features.abs().mean().item(), "torch": torch.__version__}))


if __name__ == "__main__":
    main()
