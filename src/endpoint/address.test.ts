import { describe, expect, it } from "vitest";
import { UserError } from "../errors.ts";
import { parseEndpoint } from "./address.ts";

describe("an endpoint", () => {
  it.each([
    ["http://host:8000", "/v1/chat/completions", "/v1"],
    ["http://host:8000/", "/v1/chat/completions", "/v1"],
    ["http://host:8000/v1", "/v1/chat/completions", "/v1"],
    ["http://host:8000/v1/", "/v1/chat/completions", "/v1"],
    ["http://host:8000/prefix", "/prefix/v1/chat/completions", "/prefix/v1"],
    ["http://host:8000/prefix/v1", "/prefix/v1/chat/completions", "/prefix/v1"],
    ["http://host:8000/openai/v2", "/openai/v2/chat/completions", "/openai/v2"],
    ["http://host:8000/deployments/x/chat/completions", "/deployments/x/chat/completions", "/deployments/x"],
  ])("%s is posted to %s", (url, path, basePath) => {
    expect(parseEndpoint(url, null)).toMatchObject({ path, basePath, api: "chat", origin: "http://host:8000" });
  });

  it("that ends in an API's path is that API, with its query kept", () => {
    expect(parseEndpoint("https://host/v1/completions?api-version=2", null)).toMatchObject({
      api: "completions",
      path: "/v1/completions",
      query: "?api-version=2",
      port: 443,
      tls: true,
    });
  });

  it("with an IPv6 address loses its brackets", () => {
    expect(parseEndpoint("http://[::1]:8000", "completions")).toMatchObject({
      host: "::1",
      port: 8000,
      path: "/v1/completions",
    });
  });

  it.each(["", "  ", "localhost:8000", "ftp://host", "http://user:secret@host", "http://", "/v1"])(
    "%j is refused",
    (url) => {
      expect(() => parseEndpoint(url, null)).toThrow(UserError);
    },
  );

  it("does not repeat a password that it refuses", () => {
    expect(() => parseEndpoint("http://user:s3cret@host", null)).toThrow(/^(?!.*s3cret)/);
  });

  it("of one API is not loaded as another", () => {
    expect(() => parseEndpoint("http://host/v1/completions", "chat")).toThrow(/--api says chat/);
  });
});
