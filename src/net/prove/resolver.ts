/** Who answers look-ups on this machine: the servers of resolv.conf, and the sockets of the usual resolver services. */

export interface Resolver {
  servers: readonly string[];
  searchDomains: readonly string[];
}

/** Reads the text of resolv.conf. Without a server in it the C library asks the one on this machine. */
export function resolverOf(text: string): Resolver {
  const lines = text.split("\n").map((line) =>
    line
      .replace(/[#;].*$/, "")
      .trim()
      .split(/\s+/),
  );
  const servers = lines
    .filter(([word]) => word === "nameserver")
    .map(([, address = ""]) => address.replace(/%.*$/, ""));
  const domains = lines.filter(([word]) => word === "search" || word === "domain").flatMap(([, ...names]) => names);
  return {
    servers: servers.length > 0 ? servers : ["127.0.0.1", "::1"],
    searchDomains: domains.map((domain) => domain.toLowerCase().replace(/\.$/, "")),
  };
}

/** The C library asks these before it asks a server. What is asked there cannot be read from the outside. */
export function isResolverSocket(path: string): boolean {
  return /^\/(var\/)?run\/(nscd\/socket|systemd\/resolve\/io\.systemd\.Resolve|avahi-daemon\/socket)$/.test(path);
}
