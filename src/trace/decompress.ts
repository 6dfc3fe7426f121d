/** Compressed bodies, read beside their way: the agent and the endpoint have agreed on them, and the bytes pass as they are. */
import {
  brotliDecompressSync,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
  gunzipSync,
  inflateSync,
  zstdDecompressSync,
} from "node:zlib";

/** What a body may come to. More is not read: a few bytes can stand for any number. */
const mostBytes = 1024 * 1024 * 1024;

const encodings = {
  gzip: { stream: createGunzip, whole: gunzipSync },
  "x-gzip": { stream: createGunzip, whole: gunzipSync },
  deflate: { stream: createInflate, whole: inflateSync },
  br: { stream: createBrotliDecompress, whole: brotliDecompressSync },
  zstd: { stream: createZstdDecompress, whole: zstdDecompressSync },
};

/** As the header says it; null for none. */
export function encodingOf(headers: ReadonlyMap<string, string>): string | null {
  const encoding = headers.get("content-encoding")?.trim().toLowerCase() ?? "";
  return encoding === "" || encoding === "identity" ? null : encoding;
}

/** Null for an encoding that is not known, and for what is not of it or longer than `most` bytes. */
export function decompressWhole(encoding: string, bytes: Uint8Array, most: number): Buffer | null {
  if (!isKnown(encoding)) return null;
  try {
    return encodings[encoding].whole(bytes, { maxOutputLength: most });
  } catch {
    return null;
  }
}

export interface Decompressor {
  /** Takes a copy. */
  write(bytes: Uint8Array, atMs: number): void;
  /** When everything that was written has come out. False: it is not of this encoding, not whole, or too long. */
  end(): Promise<boolean>;
}

/** `onBytes` gets each piece with the moment of the bytes that it came out of. Null for an encoding that is not known. */
export function createDecompressor(
  encoding: string,
  onBytes: (bytes: Uint8Array, atMs: number) => void,
): Decompressor | null {
  if (!isKnown(encoding)) return null;
  const stream = encodings[encoding].stream();
  const waiting: { bytes: Uint8Array; atMs: number }[] = [];
  let atMs = NaN;
  let busy = false;
  let ended = false;
  let total = 0;
  const whole = new Promise<boolean>((resolve) => {
    stream.on("end", () => resolve(true));
    stream.on("error", () => resolve(false));
    stream.on("close", () => resolve(false));
  });
  stream.on("data", (bytes: Buffer) => {
    total += bytes.length;
    if (total > mostBytes) stream.destroy();
    else onBytes(bytes, atMs);
  });
  const next = () => {
    const piece = busy || stream.destroyed ? undefined : waiting.shift();
    if (piece === undefined) {
      if (ended && !busy) stream.end();
      return;
    }
    busy = true;
    atMs = piece.atMs;
    stream.write(piece.bytes, () => {
      busy = false;
      next();
    });
  };
  return {
    write(bytes, writtenMs) {
      waiting.push({ bytes: Uint8Array.from(bytes), atMs: writtenMs });
      next();
    },
    end() {
      ended = true;
      next();
      return whole;
    },
  };
}

function isKnown(encoding: string): encoding is keyof typeof encodings {
  return Object.hasOwn(encodings, encoding);
}
