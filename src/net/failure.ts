/** Names what went wrong with a connection. */
import type { NetFailure, NetFailureKind } from "./http-client.ts";
import { messageOf, systemErrorCode } from "../errors.ts";

const kindOfCode: Record<string, NetFailureKind> = {
  ECONNREFUSED: "refused",
  EHOSTUNREACH: "refused",
  ENETUNREACH: "refused",
  EHOSTDOWN: "refused",
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  EAI_FAIL: "dns",
  EAI_NODATA: "dns",
  EAI_NONAME: "dns",
  ETIMEDOUT: "connect_timeout",
  ECONNRESET: "reset",
  ECONNABORTED: "reset",
  EPIPE: "reset",
  // This machine's own limits: the server had no part in them.
  EMFILE: "client_limit",
  ENFILE: "client_limit",
  ENOBUFS: "client_limit",
  ENOMEM: "client_limit",
  EADDRNOTAVAIL: "client_limit",
};

const words: Partial<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused",
  EHOSTUNREACH: "there is no route to the host",
  ENETUNREACH: "there is no route to the network",
  ENOTFOUND: "the name does not resolve",
  EAI_AGAIN: "the name server did not answer",
  ETIMEDOUT: "the connection attempt timed out",
  ECONNRESET: "the server reset the connection",
  EPIPE: "the server closed the connection",
  EMFILE: "this process may not open more files (ulimit -n)",
  EADDRNOTAVAIL: "this machine has no local port left",
};

/** `during` tells a connection that was never made from a failed TLS agreement and from a broken stream. */
export function failureOf(error: unknown, during: "connecting" | "tls" | "exchange"): NetFailure {
  const code = systemErrorCode(error) ?? "";
  const kind = kindOfCode[code];
  const message = words[code] ?? messageOf(error);
  if (kind === "client_limit") return { kind, message };
  // With TLS 1.3 a server says only after the handshake that it wants a client certificate.
  if (during === "tls" || code.startsWith("ERR_SSL_")) return { kind: "tls", message: tlsWords(code, message) };
  if (during === "connecting") return { kind: kind ?? "refused", message };
  // Whatever ends a connection that was up, a lost route included, breaks it.
  return { kind: "reset", message: code === "ETIMEDOUT" ? "the connection timed out" : message };
}

function tlsWords(code: string, message: string): string {
  if (code === "DEPTH_ZERO_SELF_SIGNED_CERT" || code === "SELF_SIGNED_CERT_IN_CHAIN")
    return "the server's certificate is self-signed";
  if (code === "UNABLE_TO_VERIFY_LEAF_SIGNATURE" || code === "UNABLE_TO_GET_ISSUER_CERT_LOCALLY")
    return "the server's certificate is signed by an authority that this machine does not know";
  if (code === "CERT_HAS_EXPIRED") return "the server's certificate has expired";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return "the server's certificate is for another name";
  if (message.includes("wrong version number") || message.includes("packet length too long"))
    return "the server does not speak TLS on this port";
  return message;
}
