/** Loopback by address: 127.0.0.0/8, ::1, and IPv4-mapped 127.0.0.0/8. A name is never loopback; its addresses may be. */
import { BlockList, isIP } from "node:net";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

export function isLoopback(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  // BlockList checks an IPv4-mapped IPv6 address against its IPv4 rules.
  return loopback.check(address, family === 4 ? "ipv4" : "ipv6");
}
