#!/usr/bin/env python3
"""Records raw HTTP exchanges from a running OpenAI-compatible server.

Usage: record.py PORT OUT_DIR

The server is the one from serve.sh, freshly started. Needs only the standard
library. Bytes are written exactly as they came off the socket.
"""

import json
import pathlib
import socket
import sys
import time

MODEL = "tiny-random"
FIRST_BYTE_TOKEN = 5  # make-tiny-gguf.py puts the 256 byte tokens here


def exchange(port, method, path, body=None):
    """Does one request with keep-alive. Returns the raw response, the sizes
    of the reads, and when each came, in microseconds after sending."""
    payload = b"" if body is None else json.dumps(body).encode()
    head = [
        "%s %s HTTP/1.1" % (method, path),
        "Host: 127.0.0.1:%d" % port,
        "Connection: keep-alive",
        "Accept: */*",
    ]
    if body is not None:
        head += ["Content-Type: application/json", "Content-Length: %d" % len(payload)]
    raw, sizes, at = b"", [], []
    with socket.create_connection(("127.0.0.1", port), timeout=60) as s:
        s.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + payload)
        sent = time.monotonic_ns()
        while not complete(raw):
            data = s.recv(65536)
            if not data:
                raise SystemExit("%s: closed before the end of the response" % path)
            at.append((time.monotonic_ns() - sent) // 1000)
            sizes.append(len(data))
            raw += data
    return raw, sizes, at


def complete(raw):
    """True when raw holds the whole response."""
    end = raw.find(b"\r\n\r\n")
    if end < 0:
        return False
    fields = {}
    for line in raw[:end].split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        fields[name.strip().lower()] = value.strip().lower()
    at = end + 4
    if b"content-length" in fields:
        return len(raw) >= at + int(fields[b"content-length"])
    if fields.get(b"transfer-encoding") != b"chunked":
        raise SystemExit("neither a length nor chunks: %r" % raw[:end])
    while True:  # walk the chunks to the empty one and its closing line
        eol = raw.find(b"\r\n", at)
        if eol < 0:
            return False
        n = int(raw[at:eol].split(b";")[0], 16)
        at = eol + 2 + n + 2
        if len(raw) < at:
            return False
        if n == 0:
            return True


def main():
    port, out = int(sys.argv[1]), pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)

    def keep(name, got):
        (out / name).write_bytes(got[0])
        first = got[0].split(b"\r\n", 1)[0].decode()
        print("%-26s %6d bytes %4d reads  %s" % (name, len(got[0]), len(got[1]), first))

    keep("models.http", exchange(port, "GET", "/v1/models"))

    got = exchange(port, "POST", "/v1/chat/completions", {
        "model": MODEL,
        "messages": [
            {"role": "system", "content": "hello world"},
            {"role": "user", "content": "tell me one story about a small ship"},
        ],
        "max_tokens": 48,
        "temperature": 0.8,
        "seed": 7,
        "stream": True,
        "stream_options": {"include_usage": True},
    })
    keep("chat-stream.http", got)
    (out / "chat-stream.reads.json").write_text(
        json.dumps({"sizes": got[1], "at_us": got[2]}) + "\n")

    keep("completions-stream.http", exchange(port, "POST", "/v1/completions", {
        "model": MODEL,
        "prompt": "the river and the sea",
        "max_tokens": 32,
        "temperature": 0.8,
        "seed": 1,  # this one ends by itself before the limit
        "stream": True,
        "stream_options": {"include_usage": True},
    }))

    # Only the byte F0, which begins a character that never ends. The server
    # holds it back: tokens are counted, but no role and no text are sent.
    keep("chat-stream-no-text.http", exchange(port, "POST", "/v1/chat/completions", {
        "model": MODEL,
        "messages": [{"role": "user", "content": "hello"}],
        "max_tokens": 3,
        "logit_bias": [[FIRST_BYTE_TOKEN + 0xF0, 1000.0]],
        "stream": True,
        "stream_options": {"include_usage": True},
    }))

    # A wrong type in the request: refused before it reaches the model.
    keep("error-400.http", exchange(port, "POST", "/v1/chat/completions", {
        "model": MODEL,
        "messages": "hello",
        "stream": True,
        "stream_options": {"include_usage": True},
    }))

    # A prompt longer than the context: refused by the model's queue.
    keep("error-400-context.http", exchange(port, "POST", "/v1/completions", {
        "model": MODEL,
        "prompt": "red " * 9000,
        "max_tokens": 8,
        "stream": True,
    }))

    metrics = exchange(port, "GET", "/metrics")
    keep("metrics.http", metrics)
    (out / "metrics.txt").write_bytes(metrics[0].partition(b"\r\n\r\n")[2])


if __name__ == "__main__":
    main()
