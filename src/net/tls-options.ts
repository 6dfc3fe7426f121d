/** What Node's TLS is told: which name the certificate must be for, and whom to trust. */
import { isIP } from "node:net";
import {
  checkServerIdentity,
  type ConnectionOptions,
  createSecureContext,
  getCACertificates,
  type PeerCertificate,
  type SecureContext,
} from "node:tls";
import type { TlsSettings } from "./http-client.ts";

export function tlsOptions(tls: TlsSettings): ConnectionOptions {
  return {
    // An address is no server name (RFC 6066 section 3), but the certificate must still be for it.
    servername: isIP(tls.serverName) === 0 ? tls.serverName : "",
    checkServerIdentity: (_host: string, certificate: PeerCertificate) =>
      checkServerIdentity(tls.serverName, certificate),
    ...(tls.ca === null ? {} : { secureContext: contextTrusting(tls.ca) }),
    rejectUnauthorized: !tls.insecure,
    ALPNProtocols: ["http/1.1"],
  };
}

const contexts = new Map<string, SecureContext>();

/** Made once for each `ca`: reading all certificates takes ten milliseconds, in which no other connection is read. */
function contextTrusting(ca: string): SecureContext {
  const context = contexts.get(ca) ?? createSecureContext({ ca: [...getCACertificates("default"), ca] });
  contexts.set(ca, context);
  return context;
}
