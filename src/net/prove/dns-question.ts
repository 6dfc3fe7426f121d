/** The name that a DNS query asks for. */

/** Lower case, without the final dot; null for bytes that are no query. RFC 1035 section 4.1. */
export function nameAskedFor(message: Buffer): string | null {
  const header = 12;
  if (message.length < header + 5 || message.readUInt16BE(4) !== 1) return null;
  const isResponse = (message.readUInt8(2) & 0x80) !== 0;
  if (isResponse) return null;
  const labels: string[] = [];
  for (let at = header; at < message.length;) {
    const length = message.readUInt8(at);
    if (length === 0) return labels.join(".").toLowerCase();
    if (length > 63 || at + 1 + length > message.length) return null;
    labels.push(message.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return null;
}
