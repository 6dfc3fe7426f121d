/**
 * Gives the memory of a read back as soon as nobody needs it. A read brings a buffer of its own, outside the heap; left to
 * the garbage collector, tens of megabytes of them pile up before it comes by, however small what is in use.
 */

/** To be called so many times, once by each who needs the bytes: with the last call they are gone. */
export function giveBackAfter(bytes: Uint8Array, times: number): () => void {
  let needed = times;
  return () => {
    if (--needed > 0) return;
    const { buffer } = bytes;
    // Of a buffer that holds more than this read, others hold parts.
    if (buffer instanceof ArrayBuffer && buffer.byteLength === bytes.length) buffer.transfer(0);
  };
}
