/**
 * The bytes that leave the server are those that reach the agent, and the other way round: what a wire tap before the server
 * saw is compared with what the agent said and heard. `npm run bench:proxy` does the same with more of them.
 */
import { expect, it, onTestFinished } from "vitest";
import { conversations } from "../../test/identity-requests.ts";
import { talk } from "../../test/raw-client.ts";
import { startTap } from "../../test/tap.ts";
import { startQuick } from "../mimic/mimic.fixture.ts";
import { traced } from "./proxy.fixture.ts";

it("nothing is added, lost or changed on the way, whatever an agent asks and however the server misbehaves", async () => {
  const mimic = await startQuick();
  const tap = await startTap(mimic.port);
  onTestFinished(async () => {
    await tap.close();
    await mimic.close();
  });
  const { port, proxy, exchanges } = await traced(tap.port);
  const all = [...conversations(300)];
  const heardBySaid = new Map<string, string>();
  await Promise.all(
    Array.from({ length: 6 }, async () => {
      for (let said = all.pop(); said !== undefined; said = all.pop())
        heardBySaid.set(said.replaceAll("127.0.0.1", `127.0.0.1:${tap.port}`), (await talk(port, [said])).text);
    }),
  );
  await proxy.settle(5000);
  expect(new Map(tap.connections.map(({ toServer, fromServer }) => [toServer, fromServer]))).toEqual(heardBySaid);
  expect(exchanges).toHaveLength(300);
  expect(exchanges.filter(({ end }) => end === null)).toEqual([]);
  expect(new Set(exchanges.map(({ end }) => end?.error))).toEqual(new Set([null, "reset", "truncated_stream"]));
});
