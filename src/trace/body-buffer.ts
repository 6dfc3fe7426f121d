/** A whole body, kept until it can be read; one that is too long, or more than all bodies together may be, is let go. */

/** Of one body. */
export const longestBody = 16 * 1024 * 1024;
/** Of all that are being kept at one time. */
const mostBytes = 256 * 1024 * 1024;

export interface BodyMemory {
  free: number;
}

export function createBodyMemory(): BodyMemory {
  return { free: mostBytes };
}

export interface BodyBuffer {
  add(bytes: Uint8Array): void;
  /** Its bytes are not kept any more, and it cannot be read. */
  drop(): void;
  /** Null when it was let go. The bytes are not kept after this. */
  take(): Buffer | null;
}

export function createBodyBuffer(memory: BodyMemory): BodyBuffer {
  let pieces: Uint8Array[] | null = [];
  let kept = 0;
  const drop = () => {
    memory.free += kept;
    kept = 0;
    pieces = null;
  };
  return {
    drop,
    add(bytes) {
      if (pieces === null) return;
      if (kept + bytes.length > longestBody || bytes.length > memory.free) return drop();
      pieces.push(bytes);
      kept += bytes.length;
      memory.free -= bytes.length;
    },
    take() {
      const whole = pieces === null ? null : Buffer.concat(pieces);
      drop();
      return whole;
    },
  };
}
