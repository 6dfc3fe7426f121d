#!/usr/bin/env bash
# Builds llama.cpp's llama-server and a tiny model for tests on loopback.
# Safe to run again: each step is skipped when its result is already there.
#
#   INFERGUARD_ENGINE_DIR   where everything goes (default ~/.cache/inferguard-real-engine)
#   INFERGUARD_ENGINE_JOBS  parallel compile jobs (default 2)
#   PYTHON                  Python 3.11 or newer (default python3)
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
dir="${INFERGUARD_ENGINE_DIR:-$HOME/.cache/inferguard-real-engine}"
jobs="${INFERGUARD_ENGINE_JOBS:-2}"
python="${PYTHON:-python3}"

# llama.cpp's sources travel inside this Python source package.
pkg_version=0.3.36
pkg_sha256=832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e
llama_commit=0c1e57098 # named by the package's CHANGELOG.md for 0.3.36
# Changing the package, its commit or a CMake option below must change this key.
build_key="llama-cpp-python-${pkg_version}-${llama_commit}-r1"

say() { printf '%s\n' "build-llama-server: $*" >&2; }

for tool in "$python" cmake cc c++ tar sha256sum; do
  command -v "$tool" >/dev/null || { say "missing: $tool"; exit 1; }
done

mkdir -p "$dir"
cd "$dir"

# 1. A Python environment of our own.
if ! cmp -s "$here/requirements.txt" venv/.requirements; then
  say "making the Python environment"
  rm -rf venv
  "$python" -m venv venv
  venv/bin/pip install --quiet --disable-pip-version-check -r "$here/requirements.txt"
  cp "$here/requirements.txt" venv/.requirements
fi

# 2. The server.
if [ "$(cat server.key 2>/dev/null || true)" != "$build_key" ] || [ ! -x bin/llama-server ]; then
  src="llama_cpp_python-$pkg_version"
  if ! echo "$pkg_sha256  $src.tar.gz" | sha256sum --check --status 2>/dev/null; then
    say "fetching the source package"
    rm -f "$src.tar.gz"
    venv/bin/pip download --quiet --disable-pip-version-check --no-deps \
      --no-binary llama-cpp-python --dest . "llama-cpp-python==$pkg_version"
    echo "$pkg_sha256  $src.tar.gz" | sha256sum --check --quiet
  fi
  if [ ! -f "$src/.unpacked" ]; then
    rm -rf "$src"
    tar xf "$src.tar.gz"
    touch "$src/.unpacked"
  fi
  generator=()
  command -v ninja >/dev/null && generator=(-G Ninja)
  started=$SECONDS
  say "compiling with $jobs jobs (this takes minutes)"
  # UI off: the web page would be downloaded. OpenSSL off: nothing is fetched.
  nice -n 10 cmake -S "$src/vendor/llama.cpp" -B "$src/build" "${generator[@]}" \
    -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF \
    -DLLAMA_BUILD_NUMBER=0 -DLLAMA_BUILD_COMMIT="$llama_commit" \
    -DLLAMA_BUILD_SERVER=ON -DLLAMA_BUILD_TOOLS=ON \
    -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF \
    -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF \
    -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF \
    -DGGML_NATIVE=OFF -DGGML_OPENMP=OFF -DGGML_CCACHE=OFF > build.log 2>&1 ||
    { tail -n 40 build.log >&2; say "configure failed, see $dir/build.log"; exit 1; }
  nice -n 10 cmake --build "$src/build" --target llama-server -j "$jobs" >> build.log 2>&1 ||
    { tail -n 40 build.log >&2; say "compile failed, see $dir/build.log"; exit 1; }
  mkdir -p bin
  cp "$src/build/bin/llama-server" bin/llama-server
  cp "$src/vendor/llama.cpp/LICENSE" bin/LICENSE.llama.cpp
  echo "$build_key" > server.key
  rm -rf "$src" # some 350 MB that nothing needs any more
  say "compiled in $((SECONDS - started)) s"
fi

# 3. The model. Always made again: it takes a second and its bytes do not change.
venv/bin/python "$here/make-tiny-gguf.py" tiny.gguf

say "ready: $dir/bin/llama-server and $dir/tiny.gguf"
bin/llama-server --version 2>&1 | head -n 2 >&2 || true
