/**
 * Where an endpoint's API is, from what a person typed: `http://host:8000`, `https://host/prefix/v1`, or a whole API URL,
 * which is taken as it is. Pure.
 */
import { UserError } from "../errors.ts";
import { type Api, dialects } from "./dialects/table.ts";

export interface EndpointAddress {
  /** `http://host:8000`, for people and files. */
  origin: string;
  tls: boolean;
  /** Name or address, without brackets. */
  host: string;
  port: number;
  api: Api;
  /** Where requests are posted, without the query. */
  path: string;
  /** Where the API's other resources are: `/v1`. */
  basePath: string;
  /** With its `?`, or empty. */
  query: string;
}

/** @throws UserError (usage) for anything that is not such a URL. */
export function parseEndpoint(text: string, wantedApi: Api | null, flag = "--endpoint"): EndpointAddress {
  const url = parseHttpUrl(text, flag);
  const path = url.pathname.replace(/\/+$/, "");
  const named = (Object.keys(dialects) as Api[]).find((api) => path.endsWith(dialects[api].path));
  if (named !== undefined && wantedApi !== null && named !== wantedApi)
    throw new UserError(
      `${flag} ends in ${dialects[named].path}, which is the ${named} API, and --api says ${wantedApi}`,
      {
        hint: `leave --api out, or give ${flag} ${url.origin}${path.slice(0, -dialects[named].path.length)}`,
      },
    );
  const api = named ?? wantedApi ?? "chat";
  const typedBase = named === undefined ? path : path.slice(0, -dialects[named].path.length);
  const basePath = named !== undefined || /\/v[0-9]+$/.test(typedBase) ? typedBase : `${typedBase}/v1`;
  return {
    origin: url.origin,
    tls: url.protocol === "https:",
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port),
    api,
    path: `${basePath}${dialects[api].path}`,
    basePath,
    query: url.search,
  };
}

/** An http or https URL without user name and fragment. @throws UserError (usage). */
export function parseHttpUrl(text: string, flag: string): URL {
  if (text.trim() === "")
    throw new UserError(`${flag} is empty`, { hint: `give a URL: ${flag} http://127.0.0.1:8000` });
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.hostname === "") {
    const hint = /^[\w.-]+(:[0-9]+)?(\/|$)/.test(text) ? `${flag} http://${text}` : `${flag} http://127.0.0.1:8000`;
    throw new UserError(`${flag} ${JSON.stringify(text)} is not a URL`, {
      hint: `give scheme, host and port: ${hint}`,
    });
  }
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new UserError(`${flag} has the scheme ${url.protocol.slice(0, -1)}, which InferGuard does not speak`, {
      hint: "use http or https",
    });
  if (url.port === "0") throw new UserError(`${flag} names port 0, on which nothing can listen`);
  if (url.username !== "" || url.password !== "")
    throw new UserError(`${flag} holds a user name or a password`, {
      hint: "leave it out of the URL, where other users can see it; use --api-key-file or --header-file",
    });
  return url;
}
