#!/usr/bin/env bash
# Our training step beside the PyTorch peer's, interleaved, with the same weights, images and masks.
# Arguments go to compare.py: --pairs 3 --steps 24 --threads 2 --precision bfloat16
# --attention eager,sdpa --markdown FILE.
#
#   JEPA         our tool (default: .build/release/jepa, brought up to date first)
#   JEPA_PEER, IJEPA_REPO, TORCH_VERSION   as in setup_peer.sh
#   JEPA_INPUTS  the inputs file (default: written once beside the peer)
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"

jepa="${JEPA:-}"
if [ -z "$jepa" ]; then
  jepa="$here/../.build/release/jepa"
  swift build -c release --product jepa --package-path "$here/.." >&2
fi

peer="$("$here/setup_peer.sh")"
eval "$peer"
inputs="${JEPA_INPUTS:-${JEPA_PEER:-${XDG_CACHE_HOME:-$HOME/.cache}/jepa-peer}/inputs.safetensors}"
if [ ! -f "$inputs" ]; then
  "$PEER_PYTHON" "$here/make_inputs.py" --repo "$IJEPA_REPO" --output "$inputs"
fi
exec "$PEER_PYTHON" "$here/compare.py" --jepa "$jepa" --repo "$IJEPA_REPO" --inputs "$inputs" "$@"
