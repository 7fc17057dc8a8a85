"""What the benchmarks share: running a side, naming the machine, medians and tables."""

import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys

def run(command):
    """Runs a side; its last argument is the path of its JSON, returned parsed."""
    environment = dict(os.environ)
    environment.pop("OMP_NUM_THREADS", None)  # each side sets its own threads
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"failed ({done.returncode}): {' '.join(command)}\n"
                 f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return json.loads(pathlib.Path(command[-1]).read_text())


def machine():
    """The machine in words."""
    model, flags = platform.machine(), ""
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
        if line.startswith("flags"):
            flags = line
    units = [name for key, name in (
        ("avx2", "AVX2"), ("avx512f", "AVX-512"), ("avx512_bf16", "AVX-512 bf16"),
        ("amx_bf16", "AMX bf16")) if f" {key} " in flags + " "]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (f"{len(os.sched_getaffinity(0))} cores of {model} ({', '.join(units)}), "
            f"{memory:.0f} GiB, Linux {platform.release()}")


def multiplies_bfloat16():
    """Whether this processor has products of bfloat16 numbers (AVX-512 BF16)."""
    return " avx512_bf16 " in pathlib.Path("/proc/cpuinfo").read_text().replace("\n", " \n")


def publish(lines, path):
    """Prints the table; also writes it to `path` if there is one."""
    table = "\n".join(lines)
    print(table)
    if path:
        pathlib.Path(path).write_text(table + "\n")


def spread(values):
    """Median, smallest and largest."""
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def shown(values, digits=2):
    """`spread` in words: median (low–high)."""
    return (f"{values['median']:.{digits}f} ({values['low']:.{digits}f}–"
            f"{values['high']:.{digits}f})")
