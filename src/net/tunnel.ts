/**
 * A tunnel through an HTTP proxy (CONNECT, RFC 9110 section 9.3.6): the proxy is asked to connect to a host and port, and
 * from its answer on passes bytes on as they are. It is asked so for plain HTTP too: a proxy that reads the requests could
 * hold replies back or put their pieces together, and what is measured would be its doing.
 */
import type { NetFailure, TlsSettings } from "./http-client.ts";

/** What `--proxy` and its companions say. */
export interface Tunnel {
  /** Where the proxy is to connect to: a name is looked up by the proxy. */
  host: string;
  port: number;
  /** Null for a proxy that is spoken to in the clear. */
  proxyTls: TlsSettings | null;
  /** For the proxy alone, such as its credentials. */
  headers: readonly (readonly [name: string, value: string])[];
}

/** Longer heads are not answers to CONNECT. */
const MOST_HEAD_BYTES = 64 * 1024;

export function encodeConnect({ host, port, headers }: Tunnel): Buffer {
  const target = targetOf(host, port);
  const lines = [`CONNECT ${target} HTTP/1.1`, `Host: ${target}`];
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
}

/**
 * Reads the proxy's answer, which has no body when it is yes.
 * @returns a function that is fed with what arrives: null while more is needed, and `up` when what follows is the other end's
 */
export function readTunnelAnswer({ host, port }: Tunnel): (bytes: Uint8Array) => "up" | NetFailure | null {
  let head = "";
  return (bytes) => {
    head += Buffer.from(bytes).toString("latin1");
    const end = head.indexOf("\r\n\r\n");
    if (end < 0 && head.length <= MOST_HEAD_BYTES) return null;
    const status = Number(/^HTTP\/1\.[01] ([0-9]{3})[ \r]/.exec(head)?.[1]);
    if (Number.isNaN(status) || end < 0)
      return { kind: "malformed_response", message: "what answers there is no HTTP proxy" };
    if (status < 200 || status > 299)
      return { kind: "refused", message: `the proxy answered ${status} to CONNECT ${targetOf(host, port)}` };
    // The other end speaks second, in TLS as in HTTP.
    if (head.length > end + 4)
      return { kind: "malformed_response", message: "the proxy sent more than its answer to CONNECT" };
    return "up";
  };
}

function targetOf(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
