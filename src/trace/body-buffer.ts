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
  /** Takes a copy. */
  add(bytes: Uint8Array): void;
  /** Its bytes are not kept any more, and it cannot be read. */
  drop(): void;
  /** Null when it was let go. The bytes are not kept after this. */
  take(): Buffer | null;
}

export function createBodyBuffer(memory: BodyMemory): BodyBuffer {
  let buffer: ArrayBuffer | null = new ArrayBuffer(0);
  let length = 0;
  const letGo = () => {
    memory.free += buffer?.byteLength ?? 0;
    buffer = null;
  };
  return {
    drop() {
      // At once, whenever the garbage collector comes by.
      buffer?.transfer(0);
      letGo();
    },
    add(bytes) {
      if (buffer === null) return;
      const needed = length + bytes.length;
      if (needed > buffer.byteLength) {
        const larger = Math.min(longestBody, Math.max(needed, 2 * buffer.byteLength));
        const more = larger - buffer.byteLength;
        if (needed > longestBody || more > memory.free) return this.drop();
        buffer = buffer.transfer(larger);
        memory.free -= more;
      }
      new Uint8Array(buffer).set(bytes, length);
      length = needed;
    },
    take() {
      const whole = buffer === null ? null : Buffer.from(buffer, 0, length);
      letGo();
      return whole;
    },
  };
}
