/** Reads what `strace -f -e trace=network` wrote. */

const calls = /^(\[pid +)?\d+\]? +(connect|bind|sendto|sendmsg|sendmmsg)\(/;
const loopback = /^(127\.|::1$|::ffff:127\.)/;

/** The lines that connect to, send to, or listen at an address that is not of this machine alone. */
export function destinationsOutside(record: string): string[] {
  return record.split("\n").filter((line) => calls.test(line) && !staysHere(line));
}

function staysHere(line: string): boolean {
  const count = (pattern: RegExp) => [...line.matchAll(pattern)].length;
  const internet = count(/sa_family=AF_INET6?\b/g);
  // A socket file, the kernel itself, and the end of an association.
  const local = count(/sa_family=AF_(UNIX|NETLINK|UNSPEC)\b/g);
  const addresses = [...line.matchAll(/inet_(?:addr\(|pton\(AF_INET6, )"([^"]*)"/g)].map(([, address = ""]) => address);
  // A family that is not known and an address that cannot be read are not taken for local ones.
  if (internet + local < count(/sa_family=/g) || addresses.length < internet) return false;
  return addresses.every((address) => loopback.test(address));
}
