import { expect, it } from "vitest";
import { failureOf } from "./failure.ts";

const failing = (code: string, message = "") => Object.assign(new Error(message), { code });

it.each([
  ["ECONNREFUSED", "connecting", "refused"],
  ["EHOSTUNREACH", "connecting", "refused"],
  ["ENOTFOUND", "connecting", "dns"],
  ["ETIMEDOUT", "connecting", "connect_timeout"],
  ["ECONNRESET", "connecting", "reset"],
  ["UNHEARD_OF", "connecting", "refused"],
  ["ECONNRESET", "tls", "tls"],
  ["CERT_HAS_EXPIRED", "tls", "tls"],
  ["ECONNRESET", "exchange", "reset"],
  ["EPIPE", "exchange", "reset"],
  // The connection was up: that it broke is no failure to connect.
  ["ETIMEDOUT", "exchange", "reset"],
  ["EHOSTUNREACH", "exchange", "reset"],
  ["UNHEARD_OF", "exchange", "reset"],
  ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "exchange", "tls"],
  ["EMFILE", "connecting", "client_limit"],
  ["EADDRNOTAVAIL", "connecting", "client_limit"],
  ["EMFILE", "tls", "client_limit"],
] as const)("%s while %s is %s", (code, during, kind) => {
  expect(failureOf(failing(code), during).kind).toBe(kind);
});

it("says in words what the code means, and otherwise what the system said", () => {
  expect(failureOf(failing("ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:1"), "connecting").message).toBe(
    "the connection was refused",
  );
  expect(failureOf(failing("ETIMEDOUT"), "exchange").message).toBe("the connection timed out");
  expect(failureOf(failing("CERT_HAS_EXPIRED"), "tls").message).toBe("the server's certificate has expired");
  expect(failureOf(failing("UNHEARD_OF", "something else"), "exchange").message).toBe("something else");
  expect(failureOf("not even an error", "exchange").message).toBe("not even an error");
});
