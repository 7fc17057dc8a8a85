"""Writes the golden files of the image tests with the Python Imaging Library.

    pip install pillow numpy
    python generate_goldens.py        # needs a C compiler and libjpeg for ycck.jpg

The colour operations are written as torchvision's functions for PIL images call them.
"""

import io
import json
import pathlib
import subprocess
import tempfile

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

HERE = pathlib.Path(__file__).parent
cases = []


def picture(width, height, seed):
    """Smooth colours, hard edges and noise."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    planes = [
        127 + 120 * np.sin(x / (3.0 + c) + c) * np.cos(y / (4.0 + 2 * c)) for c in range(3)
    ]
    pixels = np.stack(planes, axis=-1) + generator.normal(0, 12, (height, width, 3))
    pixels[height // 4 : height // 2, width // 3 : width // 2] = (250, 8, 20)
    pixels[-height // 4 :, : width // 5] = (128, 128, 128)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")


def save(image, name):
    image.save(HERE / name, optimize=True)
    return name


def case(operation, source, result, **arguments):
    name = save(result, f"golden_{len(cases):02d}.png")
    cases.append({"operation": operation, "input": source, "output": name, **arguments})


def shifted_hue(image, factor):
    h, s, v = image.convert("HSV").split()
    shifted = np.array(h, dtype=np.uint8)
    shifted += np.int32(factor * 255).astype(np.uint8)
    return Image.merge("HSV", (Image.fromarray(shifted, "L"), s, v)).convert("RGB")


YCCK = r"""
#include <stdio.h>
#include <stdlib.h>
#include <jpeglib.h>
/* stdin: width * height * 4 inverted CMYK bytes; stdout: a YCCK JPEG. */
int main(int argc, char **argv) {
  int width = atoi(argv[1]), height = atoi(argv[2]);
  struct jpeg_compress_struct info;
  struct jpeg_error_mgr error;
  info.err = jpeg_std_error(&error);
  jpeg_create_compress(&info);
  jpeg_stdio_dest(&info, stdout);
  info.image_width = width;
  info.image_height = height;
  info.input_components = 4;
  info.in_color_space = JCS_CMYK;
  jpeg_set_defaults(&info);
  jpeg_set_colorspace(&info, JCS_YCCK);
  jpeg_set_quality(&info, 90, TRUE);
  jpeg_start_compress(&info, TRUE);
  unsigned char *row = malloc(4 * width);
  while (info.next_scanline < info.image_height) {
    fread(row, 4, width, stdin);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
}
"""


def ycck(image):
    inverted = 255 - np.array(image.convert("CMYK"), dtype=np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "ycck.c"
        source.write_text(YCCK)
        program = str(source.with_suffix(""))
        subprocess.run(["cc", str(source), "-o", program, "-ljpeg"], check=True)
        arguments = [program, str(image.width), str(image.height)]
        return subprocess.run(arguments, input=inverted.tobytes(), stdout=subprocess.PIPE,
                              check=True).stdout


def main():
    for old in HERE.glob("golden_*.png"):
        old.unlink()
    a = picture(41, 29, seed=1)
    name = save(a, "picture.png")
    filters = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
    for interpolation, code in filters.items():
        for width, height in [(16, 16), (64, 64), (41, 10), (7, 29), (1, 1), (100, 3), (40, 30)]:
            case("resize", name, a.resize((width, height), code), width=width, height=height,
                 interpolation=interpolation)
        for x, y, w, h in [(3, 5, 30, 20), (0, 0, 12, 29), (40, 28, 1, 1), (10, 2, 31, 9)]:
            case("crop", name, a.crop((x, y, x + w, y + h)).resize((24, 24), code),
                 box=[x, y, w, h], width=24, height=24, interpolation=interpolation)
    tall = save(picture(23, 90, seed=3), "tall.png")
    for interpolation, code in filters.items():
        for width, height in [(16, 16), (32, 32), (20, 85), (30, 95), (23, 40)]:
            case("resize", tall, Image.open(HERE / tall).resize((width, height), code),
                 width=width, height=height, interpolation=interpolation)
    for factor in [0.0, 0.3, 1.0, 1.7, 2.4]:
        case("brightness", name, ImageEnhance.Brightness(a).enhance(factor), factor=factor)
        case("contrast", name, ImageEnhance.Contrast(a).enhance(factor), factor=factor)
        case("saturation", name, ImageEnhance.Color(a).enhance(factor), factor=factor)
    for factor in [-0.5, -0.21, -0.001, 0.0, 0.1, 0.37, 0.5]:
        case("hue", name, shifted_hue(a, factor), factor=factor)
    case("grayscale", name, a.convert("L").convert("RGB"))
    for radius in [0.1, 0.5, 1.0, 1.37, 2.0, 9.0]:
        case("blur", name, a.filter(ImageFilter.GaussianBlur(radius)), factor=radius)

    for mode in ["L", "P", "RGBA", "LA", "I;16"]:
        if mode == "I;16":
            image = Image.fromarray((np.array(a.convert("L"), dtype=np.uint16)) * 257)
            expected = a.convert("L").convert("RGB")
        elif mode in ["RGBA", "LA"]:
            image = a.convert(mode)
            image.putalpha(a.convert("L"))
            expected = image.convert("RGB")
        else:
            image = a.convert(mode)
            expected = image.convert("RGB")
        source = save(image, f"png_{mode.replace(';', '').lower()}.png")
        case("decode", source, expected)

    b = picture(50, 38, seed=2)
    files = {
        "rgb420.jpg": (b, dict(quality=85)),
        "rgb444.jpg": (b, dict(quality=92, subsampling=0)),
        "progressive.jpg": (b, dict(quality=80, progressive=True)),
        "gray.jpg": (b.convert("L"), dict(quality=90)),
        "cmyk.jpg": (b.convert("CMYK"), dict(quality=90)),
    }
    for source, (image, options) in files.items():
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", **options)
        (HERE / source).write_bytes(buffer.getvalue())
    (HERE / "ycck.jpg").write_bytes(ycck(b))
    for source in [*files, "ycck.jpg"]:
        case("decode", source, Image.open(HERE / source).convert("RGB"))
    (HERE / "goldens.json").write_text(json.dumps(cases, indent=1) + "\n")


main()
