#!/usr/bin/env bash
# The benchmarks beside their PyTorch peers. Arguments go to suite.py: --pairs 7, --parts
# training,encode,heads,scaling, --check FILE.
#
#   JEPA         our tool (default: .build/release/jepa, brought up to date first)
#   JEPA_PEER, IJEPA_REPO, TORCH_VERSION   as in setup_peer.sh
#   BENCH_FOLDER where tables and figures go (default: runs/benchmarks)
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"

jepa="${JEPA:-}"
if [ -z "$jepa" ]; then
  jepa="$here/../.build/release/jepa"
  swift build -c release --product jepa --package-path "$here/.." >&2
fi

peer="$("$here/setup_peer.sh")"
eval "$peer"
exec "$PEER_PYTHON" "$here/suite.py" --jepa "$jepa" --repo "$IJEPA_REPO" \
  --folder "${BENCH_FOLDER:-$here/../runs/benchmarks}" \
  --cache "${JEPA_PEER:-${XDG_CACHE_HOME:-$HOME/.cache}/jepa-peer}/inputs" "$@"
