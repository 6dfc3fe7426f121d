import { describe, expect, it, onTestFinished } from "vitest";
import { openClient } from "../../test/client.ts";
import { closedPort, counted, answering, startServer } from "../../test/servers.ts";
import { exitCode } from "../errors.ts";
import { type AuthorityCategory, mintAuthority } from "./authority.ts";
import { listenHttp } from "./listen.ts";

const at = (host: string, port = 0, category: AuthorityCategory = "localhost-daemon") =>
  mintAuthority(category, host, port, "--port");

async function listen(host: string, port = 0) {
  const listener = await listenHttp(at(host, port), (_, response) => void response.end("hello"));
  onTestFinished(() => listener.close());
  return listener;
}

describe("listening", () => {
  it.each(["127.0.0.1", "localhost", "127.0.0.2"])("at %s serves HTTP on the port it says", async (host) => {
    const { port, server } = await listen(host);
    const address = server.address();
    expect(["127.0.0.1", "127.0.0.2", "::1"]).toContain(typeof address === "object" ? address?.address : null);
    const reachable = host === "localhost" && typeof address === "object" ? (address?.address ?? "") : host;
    expect(await openClient(port, { host: reachable }).get()).toMatchObject({ failure: null, body: "hello" });
  });

  it.each(["0.0.0.0", "::", "192.0.2.1", "name.example", "::ffff:192.0.2.1"])("at %s is refused", async (host) => {
    await expect(listenHttp(at(host), () => {})).rejects.toMatchObject({
      name: "UserError",
      message: `${host} is not a loopback address`,
      exitCode: exitCode.refused,
    });
  });

  it("on a port that is taken says so, and which flag changes it", async () => {
    const taken = await startServer(answering(counted("x")));
    await expect(listenHttp(at("127.0.0.1", taken.port), () => {})).rejects.toMatchObject({
      name: "UserError",
      message: `cannot listen on 127.0.0.1:${taken.port}: the port is taken`,
      hint: "choose another port with --port",
      exitCode: exitCode.cannotRun,
    });
  });

  it("needs an authority that a flag made, and one to listen", async () => {
    await expect(listenHttp({ ...at("127.0.0.1") }, () => {})).rejects.toThrow(TypeError);
    await expect(listenHttp(at("127.0.0.1", 0, "inference-endpoint"), () => {})).rejects.toThrow(TypeError);
  });

  it("ends every connection when it closes, and takes no more", async () => {
    const port = await closedPort();
    const listener = await listenHttp(at("127.0.0.1", port), (_, response) => void response.write("never ending"));
    const client = openClient(port);
    const exchange = await client.get({}, { onBody: () => void listener.close() });
    expect(exchange).toMatchObject({ failure: expect.anything() as object, body: "never ending" });
    expect(await client.get()).toMatchObject({ failure: { kind: "refused" } });
  });
});
