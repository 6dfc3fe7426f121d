#!/usr/bin/env bash
# Starts the built llama-server on loopback, waits until it is ready, prints its pid.
#
#   serve.sh PORT [more llama-server options]
#
# Stop it with: kill PID
set -euo pipefail

port="${1:?usage: serve.sh PORT [more llama-server options]}"
shift
dir="${INFERGUARD_ENGINE_DIR:-$HOME/.cache/inferguard-real-engine}"
server="$dir/bin/llama-server"
log="$dir/server-$port.log"
[[ "$port" =~ ^[0-9]+$ ]] || { echo "serve.sh: not a port: $port" >&2; exit 2; }
if [ ! -x "$server" ] || [ ! -f "$dir/tiny.gguf" ]; then
  echo "serve.sh: not built yet, run build-llama-server.sh first" >&2
  exit 1
fi

# Prints the status of GET /health, or 0 when nothing answers.
health() {
  "$dir/venv/bin/python" - "$port" <<'PY'
import http.client, sys
try:
    c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=5)
    c.request("GET", "/health")
    print(c.getresponse().status)
except ConnectionError:
    print(0)
except Exception:
    print(1)
PY
}

if [ "$(health)" != 0 ]; then
  echo "serve.sh: port $port is already in use" >&2
  exit 1
fi

# env -i: settings such as LLAMA_ARG_* in the caller's environment do not leak in.
env -i PATH="$PATH" HOME="$dir" setsid "$server" \
  --model "$dir/tiny.gguf" --alias tiny-random \
  --host 127.0.0.1 --port "$port" --offline --no-ui \
  --metrics --parallel 4 --ctx-size 32768 --threads 1 \
  "$@" > "$log" 2>&1 < /dev/null &
pid=$!

for _ in $(seq 150); do
  if ! kill -0 "$pid" 2>/dev/null; then
    tail -n 20 "$log" >&2
    echo "serve.sh: llama-server ended, see $log" >&2
    exit 1
  fi
  if [ "$(health)" = 200 ]; then
    echo "$pid"
    exit 0
  fi
  sleep 0.1
done
kill "$pid" 2>/dev/null || true
echo "serve.sh: llama-server was not ready in time, see $log" >&2
exit 1
