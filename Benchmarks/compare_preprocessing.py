"""Encodes JPEGs that are not square, beside transformers with a model's own image processor and beside the
evaluation transform of I-JEPA and DINO.

    python compare_preprocessing.py --jepa .build/release/jepa [--model DIR] [--images DIR]

Without --model a small IJepaModel with random weights is saved, with a preprocessor as ViT's models are
published with; without --images, JPEGs of several sizes are drawn. The table has the largest difference of a
token's entry, beside the largest entry. Needs torch, torchvision, transformers, safetensors and pillow.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from torchvision import transforms
from transformers import (BitImageProcessorPil, IJepaConfig, IJepaModel, ViTImageProcessor,
                          ViTImageProcessorPil)


def photos(folder):
    """JPEGs of waves and noise, in several sizes, none of them square."""
    generator = np.random.default_rng(0)
    for index, (height, width) in enumerate([(180, 240), (300, 200), (97, 331), (226, 224), (500, 333)]):
        y, x = np.mgrid[0:height, 0:width]
        waves = [127 + 90 * np.sin(0.07 * k * y + 0.05 * (4 - k) * x) for k in (1, 2, 3)]
        pixels = np.stack(waves, -1) + generator.normal(0, 12, (height, width, 3))
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / f"{index}.jpg", quality=90)
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jepa", required=True, help="our command-line tool")
    parser.add_argument("--model", help="a folder with an IJepaModel and its preprocessor")
    parser.add_argument("--images", help="a folder of JPEGs, not nested")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        images = pathlib.Path(args.images) if args.images else place / "images"
        if not args.images:
            images.mkdir()
            photos(images)
        folder = pathlib.Path(args.model) if args.model else place / "model"
        if not args.model:
            torch.manual_seed(0)
            IJepaModel(IJepaConfig(hidden_size=192, num_hidden_layers=4, num_attention_heads=3,
                                   intermediate_size=768, image_size=224, patch_size=16, layer_norm_eps=1e-6),
                       add_pooling_layer=False).save_pretrained(folder)
            ViTImageProcessorPil().save_pretrained(folder)
        model = IJepaModel.from_pretrained(folder, add_pooling_layer=False).eval()
        files = sorted(images.iterdir())
        opened = [Image.open(file).convert("RGB") for file in files]

        def ours(*options, file=folder):
            output = place / "tokens.safetensors"
            subprocess.run([args.jepa, "encode", "--encoder", str(file), "--images", str(images), "--output",
                            str(output), "--precision", "float32", *options], check=True,
                           stdout=subprocess.DEVNULL)
            return load_file(output)["tokens"].numpy()

        def theirs(prepare):
            with torch.no_grad():
                return torch.cat([
                    model(prepare(image), interpolate_pos_encoding=True).last_hidden_state
                    for image in opened]).numpy()

        def processed(processor):
            return lambda image: processor(images=image, return_tensors="pt")["pixel_values"].float()

        def reference(short, crop, mean, std):
            steps = transforms.Compose([
                transforms.Resize(short, interpolation=transforms.InterpolationMode.BICUBIC),
                transforms.CenterCrop(crop), transforms.ToTensor(), transforms.Normalize(mean, std)])
            return lambda image: steps(image)[None]

        imagenet = [[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]]
        values = [",".join(map(str, numbers)) for numbers in imagenet]
        bicubic = ["--interpolation", "bicubic", "--mean", values[0], "--std", values[1]]
        bit = BitImageProcessorPil(size={"shortest_edge": 256}, image_mean=imagenet[0], image_std=imagenet[1])
        rows = [
            ("the published processor, Pillow", ours(),
             theirs(processed(ViTImageProcessorPil.from_pretrained(folder)))),
            ("the published processor, torchvision's uint8", ours(),
             theirs(processed(ViTImageProcessor.from_pretrained(folder)))),
            ("Resize(256), CenterCrop(224), Normalize", ours("--resize", "256", "--crop", "224", *bicubic),
             theirs(reference(256, 224, *imagenet))),
            ("Resize(224), CenterCrop(224), Normalize", ours("--image-size", "224", *bicubic),
             theirs(reference(224, 224, *imagenet))),
            ("the same at 150 pixels, 9.4 patches", ours("--image-size", "150", *bicubic),
             theirs(reference(150, 150, *imagenet))),
        ]
        if not args.model:
            bit.save_pretrained(folder)
            rows.append(("BitImageProcessor: 256, middle 224", ours(), theirs(processed(bit))))
        print("| images | largest difference | largest entry |\n|---|---|---|")
        for name, a, b in rows:
            print(f"| {name} | {abs(a - b).max():.1e} | {abs(b).max():.2f} |")


if __name__ == "__main__":
    main()
