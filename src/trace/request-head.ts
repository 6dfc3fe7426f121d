/**
 * The head of a request as it goes on to the endpoint. The endpoint's base path is put before the agent's, and Host names the
 * endpoint; every other line stays as it came, byte for byte. Or why the request must not go on.
 */
import { isKeyHeader } from "../endpoint/key-headers.ts";
import type { RequestLines } from "../net/http1-request-reader.ts";
import { isLoopback } from "../net/loopback.ts";
import type { Refusal } from "./refusal.ts";

export interface EndpointFront {
  /** `host:8000`, as Host has it. */
  host: string;
  /** What the agent's paths are put behind: empty, or `/prefix`. */
  prefix: string;
  /** Added to every request, with its `?`; or empty. */
  query: string;
  /** A key may go there: TLS, this machine, or a flag that allows it. */
  takesKeys: boolean;
}

export function headForEndpoint(head: RequestLines, endpoint: EndpointFront): { bytes: Buffer } | { refusal: Refusal } {
  const refusal = whyNot(head, endpoint);
  if (refusal !== null) return { refusal };
  const { method, target, lines, headers } = head;
  const version = (lines[0] ?? "").slice(-"HTTP/1.1".length);
  const kept = lines.slice(1).filter((line) => !isOffer(nameOf(line)));
  const passed = kept.map((line) => {
    const name = nameOf(line);
    if (name === "host") return `${line.slice(0, line.indexOf(":"))}: ${endpoint.host}`;
    // What Connection named is gone; a list that held nothing else is gone too.
    return name === "connection" && headers.has("upgrade") ? withoutOffers(line) : line;
  });
  const withHost = headers.has("host") ? passed : [`Host: ${endpoint.host}`, ...passed];
  const all = [`${method} ${targetAt(endpoint, target)} ${version}`, ...withHost.filter((line) => line !== "")];
  return { bytes: Buffer.from(`${all.join("\r\n")}\r\n\r\n`, "latin1") };
}

/** `OPTIONS *` is about the server, not about a path. */
function targetAt({ prefix, query }: EndpointFront, target: string): string {
  if (target === "*") return target;
  const own = query === "" ? "" : target.includes("?") ? `&${query.slice(1)}` : query;
  return `${prefix}${target}${own}`;
}

function whyNot({ method, target, headers }: RequestLines, { takesKeys, host }: EndpointFront): Refusal | null {
  if (method === "CONNECT" || (!target.startsWith("/") && target !== "*"))
    return {
      status: 421,
      code: "not_a_forward_proxy",
      message: "it is the endpoint's stand-in and not a proxy for other places; use its address as the base URL",
    };
  const asked = headers.get("host");
  if (asked !== undefined && !isHere(asked))
    return {
      status: 421,
      code: "host_is_not_loopback",
      message: `the Host header names ${JSON.stringify(asked.slice(0, 100))}; a web page could reach the endpoint so; use 127.0.0.1 or localhost`,
    };
  const upgrade = headers.get("upgrade");
  if (upgrade !== undefined && !/^h2c$/i.test(upgrade))
    return {
      status: 501,
      code: "no_upgrade",
      message: `it asks for an upgrade of the connection (${upgrade.slice(0, 40)}), which the trace could not read; use plain HTTP`,
    };
  if (!takesKeys && [...headers.keys()].some(isKeyHeader))
    return {
      status: 403,
      code: "plaintext_key",
      message: `its key would travel to ${host} in the clear; use an https --endpoint, or allow it with --allow-plaintext-key`,
    };
  return null;
}

/** A page that had its own name pointed at this machine would send that name. */
function isHere(host: string): boolean {
  const name = host
    .replace(/:[0-9]*$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .toLowerCase();
  return name === "localhost" || name.endsWith(".localhost") || isLoopback(name);
}

/** An offer of HTTP/2, which a server is free to pass over (RFC 9110 section 7.8): so it is not passed on. */
function isOffer(name: string): boolean {
  return name === "upgrade" || name === "http2-settings";
}

function withoutOffers(line: string): string {
  const colon = line.indexOf(":");
  const options = line.slice(colon + 1).split(",");
  const left = options.filter((option) => !isOffer(option.trim().toLowerCase()) && option.trim() !== "");
  return left.length === 0 ? "" : `${line.slice(0, colon)}: ${left.map((option) => option.trim()).join(", ")}`;
}

function nameOf(line: string): string {
  return line.slice(0, line.indexOf(":")).toLowerCase();
}
