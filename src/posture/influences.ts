/**
 * Variables of the environment that reach into a program before or beside its own code, and what each does to this one.
 * They are named, never obeyed here; their values are not shown.
 */
import type { Environment } from "./overrides.ts";

export interface Influence {
  name: string;
  /** It is set, and not empty. */
  active: boolean;
  /** What it does to InferGuard, one sentence. */
  effect: string;
}

export function influencesIn(environment: Environment): Influence[] {
  const isSet = (name: string) => (environment[name] ?? "") !== "";
  return known.map(([name, effect]) => ({ name, active: isSet(name), effect }));
}

const foreignCode = "Code that is not InferGuard's is loaded into its process, and can do what it likes there.";
const noProxy = "None: a connection goes through a proxy only where --proxy names it.";
const trustsMore = "TLS endpoints whose certificate is signed by an authority named there are trusted as well.";
const resolver = "The system's resolver can answer differently for the host that a flag names.";

const known: [name: string, effect: string][] = [
  [
    "NODE_OPTIONS",
    "Node obeys it before InferGuard starts: it can load other code, trust other authorities or log keys.",
  ],
  ["LD_PRELOAD", foreignCode],
  ["LD_AUDIT", foreignCode],
  ["LD_LIBRARY_PATH", foreignCode],
  ["DYLD_INSERT_LIBRARIES", foreignCode],
  ["OPENSSL_CONF", "Node's TLS library can be set up, and extended with other code, by the file named there."],
  ["NODE_EXTRA_CA_CERTS", trustsMore],
  [
    "NODE_USE_SYSTEM_CA",
    "TLS endpoints whose certificate is signed by an authority of the system's are trusted as well.",
  ],
  ["SSL_CERT_FILE", `Where Node uses the system's authorities: ${trustsMore}`],
  ["SSL_CERT_DIR", `Where Node uses the system's authorities: ${trustsMore}`],
  ["NODE_TLS_REJECT_UNAUTHORIZED", "None: only --insecure stops the checking of certificates."],
  ["SSLKEYLOGFILE", "None: Node writes TLS keys only for its option --tls-keylog."],
  ["HTTP_PROXY", noProxy],
  ["HTTPS_PROXY", noProxy],
  ["ALL_PROXY", noProxy],
  ["http_proxy", noProxy],
  ["https_proxy", noProxy],
  ["all_proxy", noProxy],
  ["NODE_USE_ENV_PROXY", "None: it is for Node's own HTTP clients, which InferGuard does not use."],
  ["NODE_DEBUG", "Node writes what its own modules do to standard error, host names included."],
  ["HOSTALIASES", resolver],
  ["LOCALDOMAIN", resolver],
  ["RES_OPTIONS", resolver],
];
