/** The types of an exchange, by way of the listener that src/net gives: this part names no network module. */
import type { listenHttp } from "../net/listen.ts";

export type Handler = Parameters<typeof listenHttp>[1];
export type HttpRequest = Parameters<Handler>[0];
export type HttpResponse = Parameters<Handler>[1];
