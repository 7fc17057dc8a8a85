"""Writes all_dtypes.safetensors with the format's own library: every element type, odd shapes.

    python make_all_dtypes.py          # needs numpy, ml_dtypes, safetensors
"""

import ml_dtypes
import numpy as np
from safetensors import TensorSpec, serialize_file

small = np.array([[0.0, 1.0, -2.5], [0.015625, 448.0, -0.5]])
arrays = {
    "BOOL": np.array([True, False, True]),
    "U8": np.array([0, 1, 255], np.uint8),
    "I8": np.array([-128, 0, 127], np.int8),
    "I16": np.array([-32768, 0, 32767], np.int16),
    "U16": np.array([0, 1, 65535], np.uint16),
    "I32": np.array([-(2**31), 0, 2**31 - 1], np.int32),
    "U32": np.array([0, 1, 2**32 - 1], np.uint32),
    "I64": np.array([-(2**63), 0, 2**63 - 1], np.int64),
    "U64": np.array([0, 1, 2**64 - 1], np.uint64),
    "F16": np.concatenate([small.ravel(), [np.inf, 6e-8]]).astype(np.float16).reshape(2, 4),
    "BF16": small.astype(ml_dtypes.bfloat16),
    "F32": small.astype(np.float32),
    "F64": small / 3,
    "C64": (small + 1j).astype(np.complex64),
    "F8_E5M2": np.arange(256, dtype=np.uint8).view(ml_dtypes.float8_e5m2),
    "F8_E4M3": np.arange(256, dtype=np.uint8).view(ml_dtypes.float8_e4m3fn),
    "F8_E5M2FNUZ": np.arange(256, dtype=np.uint8).view(ml_dtypes.float8_e5m2fnuz),
    "F8_E4M3FNUZ": np.arange(256, dtype=np.uint8).view(ml_dtypes.float8_e4m3fnuz),
    "F8_E8M0": np.arange(256, dtype=np.uint8).view(ml_dtypes.float8_e8m0fnu),
}
NAMES = {  # the serialiser's names for its types
    "BOOL": "bool", "U8": "uint8", "I8": "int8", "I16": "int16", "U16": "uint16",
    "I32": "int32", "U32": "uint32", "I64": "int64", "U64": "uint64", "F16": "float16",
    "BF16": "bfloat16", "F32": "float32", "F64": "float64", "C64": "complex64",
    "F8_E5M2": "float8_e5m2", "F8_E4M3": "float8_e4m3fn", "F8_E8M0": "float8_e8m0fnu",
    "F8_E5M2FNUZ": "float8_e5m2fnuz", "F8_E4M3FNUZ": "float8_e4m3fnuz",
}
held = []  # the library takes addresses


def spec(dtype, shape, array):
    held.append(np.ascontiguousarray(array))
    return TensorSpec(
        dtype=dtype, shape=list(shape), data_ptr=held[-1].ctypes.data, data_len=held[-1].nbytes)


tensors = {name: spec(NAMES[name], a.shape, a) for name, a in arrays.items()}
# Two values to a byte, the last axis counted in pairs.
tensors["F4"] = spec("float4_e2m1fn_x2", [2, 2], np.array([0x21, 0x43, 0x65, 0x87], np.uint8))
tensors["empty"] = spec("float32", [0, 3], np.zeros(0, np.float32))
tensors["scalar"] = spec("float32", [], np.float32([7]))
for name in ["F8_E4M3", "F8_E5M2", "F8_E5M2FNUZ", "F8_E4M3FNUZ", "F8_E8M0", "F16"]:
    a = arrays[name]  # and what ml_dtypes and NumPy make of the small types
    tensors["widened " + name] = spec("float32", a.shape, a.astype(np.float32))

serialize_file(tensors, "all_dtypes.safetensors", {"text": 'ä "quoted"\n\t\\ \x01 😀'})
