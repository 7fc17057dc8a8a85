"""Writes the folder HuggingFace: a small IJepaModel with random weights, a photo that is not square, several
preprocessor_config.json, and for each the tokens that transformers computes with its own image processor.

    python make_preprocessing_golden.py          # needs torch, torchvision, transformers, pillow
"""

import json
import pathlib

import numpy as np
import torch
from PIL import Image
from transformers import BitImageProcessorPil, IJepaConfig, IJepaModel, ViTImageProcessorPil

here = pathlib.Path(__file__).resolve().parent / "HuggingFace"
here.mkdir(exist_ok=True)
torch.manual_seed(0)
# 20 pixels do not divide into patches of 6: two are left over at the right and lower edge.
config = IJepaConfig(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
                     image_size=20, patch_size=6, layer_norm_eps=1e-6)
model = IJepaModel(config, add_pooling_layer=False).eval()
with torch.no_grad():
    for parameter in model.parameters():
        parameter.add_(0.1 * torch.randn_like(parameter))
model.save_pretrained(here)

rows, columns = np.mgrid[0:31, 0:46]
waves = [127 + 120 * np.sin(0.3 * rows * k + 0.21 * columns * (3 - k)) for k in (0.5, 1, 2)]
photo = Image.fromarray(np.stack(waves, -1).astype(np.uint8))
photo.save(here / "photo.png")

processors = {
    # As ViT's own models are published: stretched, bilinear, mean and deviation 0.5.
    "vit": ViTImageProcessorPil(size={"height": 20, "width": 20}),
    # As DINOv2's: shorter side, then the middle.
    "bit": BitImageProcessorPil(size={"shortest_edge": 23}, crop_size={"height": 20, "width": 20},
                                image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225]),
    "plain": ViTImageProcessorPil(size={"height": 20, "width": 20}, do_normalize=False, resample=3,
                                  rescale_factor=0.01),
}
tokens = {}
for name, processor in processors.items():
    processor.save_pretrained(here)
    (here / "preprocessor_config.json").rename(here / f"{name}.json")
    pixels = processor(images=photo, return_tensors="pt")["pixel_values"]
    with torch.no_grad():
        tokens[name] = model(pixels.float()).last_hidden_state.flatten().tolist()
(here / "tokens.json").write_text(json.dumps(tokens) + "\n")
