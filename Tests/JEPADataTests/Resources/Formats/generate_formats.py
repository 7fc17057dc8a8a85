"""Writes WebP, BMP and PNG files, and what the Python Imaging Library decodes of them (`<name>.expected.png`).

    python3 generate_formats.py

Written with Pillow 13.0.0. `FormatTests` expects the same pixels.
"""

import io
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps

HERE = pathlib.Path(__file__).parent
WIDTH, HEIGHT = 33, 21


def picture():
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    red = 128 + 100 * np.sin(x / 5.0) * np.cos(y / 4.0)
    green = (x * 7 + y * 3) % 256
    blue = np.where((x // 4 + y // 4) % 2 == 0, 220, 40)
    return Image.fromarray(np.stack([red, green, blue], -1).astype(np.uint8))


def keep(name, data, orient=False):
    (HERE / name).write_bytes(data)
    image = Image.open(io.BytesIO(data))
    image = (ImageOps.exif_transpose(image) if orient else image).convert("RGB")
    image.save(HERE / f"{name}.expected.png", optimize=True)


def saved(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunks(png, *chunks):
    """Adds chunks after the header of a PNG."""
    return png[:33] + b"".join(chunk(*each) for each in chunks) + png[33:]


def interlaced(image):
    """A PNG by Adam7, which PIL does not write."""
    pixels = np.array(image)
    raw = b""
    for x0, y0, dx, dy in [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
                           (0, 1, 1, 2)]:
        for row in pixels[y0::dy, x0::dx]:
            if row.size:
                raw += b"\0" + row.tobytes()
    header = struct.pack(">IIBBBBB", image.width, image.height, 8, 2, 0, 0, 1)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


def main():
    a = picture()
    alpha = a.convert("RGBA")
    alpha.putalpha(a.convert("L"))
    keep("lossy.webp", saved(a, "WEBP", quality=80))
    keep("lossless.webp", saved(a, "WEBP", lossless=True))
    keep("alpha.webp", saved(alpha, "WEBP", quality=70))
    keep("alpha_lossless.webp", saved(alpha, "WEBP", lossless=True, exact=True))
    (HERE / "animated.webp").write_bytes(
        saved(a, "WEBP", save_all=True, append_images=[a.transpose(Image.Transpose.FLIP_LEFT_RIGHT)]))
    for mode in ["1", "L", "P", "RGB", "RGBA"]:
        image = alpha if mode == "RGBA" else a.convert(mode)
        keep(f"{mode.lower()}.bmp", saved(image, "BMP"))
    png = saved(a, "PNG")
    chromaticities = struct.pack(">8I", 31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)
    keep("gama.png", with_chunks(png, (b"gAMA", struct.pack(">I", 100000)), (b"cHRM", chromaticities)))
    keep("srgb.png", with_chunks(png, (b"sRGB", b"\0"), (b"gAMA", struct.pack(">I", 45455))))
    keep("interlaced.png", interlaced(a))
    keep("trns.png", with_chunks(png, (b"tRNS", struct.pack(">3H", *a.getpixel((3, 3))))))
    gray = a.convert("L").quantize(4)
    keep("palette2.png", saved(gray, "PNG", bits=2, transparency=1))
    exif = Image.Exif()
    for orientation in range(1, 9):
        exif[0x0112] = orientation
        keep(f"orientation{orientation}.jpg", saved(a, "JPEG", quality=90, exif=exif), orient=True)
    keep("orientation6.png", saved(a, "PNG", exif=exif_of(6)), orient=True)
    keep("orientation5.webp", saved(a, "WEBP", lossless=True, exif=exif_of(5)), orient=True)


def exif_of(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


main()
