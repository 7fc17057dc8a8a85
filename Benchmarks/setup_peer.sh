#!/usr/bin/env bash
# Prepares the PyTorch peer outside the source tree: a virtual environment and, unless IJEPA_REPO
# names a checkout, a clone of facebookresearch/ijepa. Safe to run again; prints two lines that a
# shell can evaluate:
#
#   eval "$(Benchmarks/setup_peer.sh)"     # sets PEER_PYTHON and IJEPA_REPO
#
#   JEPA_PEER      folder for both (default: ${XDG_CACHE_HOME:-~/.cache}/jepa-peer)
#   IJEPA_REPO     a checkout of facebookresearch/ijepa, or anything git can clone it from
#   TORCH_VERSION  PyTorch release to install (default: 2.13.0)
set -euo pipefail

peer="${JEPA_PEER:-${XDG_CACHE_HOME:-$HOME/.cache}/jepa-peer}"
repo="${IJEPA_REPO:-$peer/ijepa}"
version="${TORCH_VERSION:-2.13.0}"
python="$peer/venv/bin/python"
mkdir -p "$peer"

if [ ! -x "$python" ]; then
  python3 -m venv "$peer/venv" >&2
fi
if ! "$python" -c "import torch, safetensors, numpy, PIL, zuko" 2>/dev/null; then
  # The CPU build is a fifth of the size of the default one and runs the same code on a CPU.
  "$python" -m pip install --quiet "torch==$version+cpu" \
    --extra-index-url https://download.pytorch.org/whl/cpu --retries 0 >&2 ||
    "$python" -m pip install --quiet "torch==$version" >&2
  "$python" -m pip install --quiet safetensors numpy pillow zuko >&2
fi
if [ ! -f "$repo/src/helper.py" ]; then
  source="${IJEPA_REPO:-https://github.com/facebookresearch/ijepa}"
  repo="$peer/ijepa"
  if [ ! -f "$repo/src/helper.py" ] && ! git clone --quiet "$source" "$repo" >&2; then
    echo "setup_peer.sh: no checkout of facebookresearch/ijepa and '$source' cannot be cloned;" \
      "name a checkout or a git directory of it in IJEPA_REPO" >&2
    exit 1
  fi
fi
printf 'PEER_PYTHON=%q\nIJEPA_REPO=%q\n' "$python" "$repo"
