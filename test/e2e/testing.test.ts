import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { repositoryRoot, withTempHome } from "./cli.ts";

const module = join(repositoryRoot, "dist/testing.js");

describe("inferguard/testing, as it is built", () => {
  it("denies in this process, in a thread and in another process, and lets loopback through", () =>
    withTempHome((home) => {
      const program = join(home, "program.mjs");
      writeFileSync(
        program,
        `import { spawnSync } from "node:child_process";
         import { once } from "node:events";
         import { createServer } from "node:http";
         import { Worker } from "node:worker_threads";
         import { blockNetwork } from ${JSON.stringify(module)};
         const block = blockNetwork();
         const reachOut = (port) => \`fetch("http://192.0.2.\${port}/").catch(() => {})\`;
         await eval(reachOut(1));
         await once(new Worker(reachOut(2), { eval: true }), "exit");
         spawnSync(process.execPath, ["-e", reachOut(3)]);
         spawnSync("curl", ["http://192.0.2.4/"]);
         const server = createServer((_request, response) => response.end("here")).listen(0, "127.0.0.1");
         await once(server, "listening");
         const here = await (await fetch(\`http://127.0.0.1:\${server.address().port}/\`)).text();
         server.close();
         server.closeAllConnections();
         console.log(JSON.stringify([here, ...block.denied.map(({ what, target }) => \`\${what} \${target}\`)]));
         block.restore();`,
      );
      const { stdout, stderr } = spawnSync(process.execPath, [program], { encoding: "utf8" });
      expect(stderr).toBe("");
      expect((JSON.parse(stdout) as string[]).toSorted()).toEqual([
        "child process curl http://192.0.2.4/",
        "here",
        "tcp connect 192.0.2.1:80",
        "tcp connect 192.0.2.2:80",
        "tcp connect 192.0.2.3:80",
      ]);
      return Promise.resolve();
    }));

  it("has types that name no file which is not there", () =>
    withTempHome((home) => {
      const user = join(home, "user.mts");
      writeFileSync(
        user,
        `import { type Attempt, blockNetwork, installNoEgress, withNetwork } from ${JSON.stringify(module)};
         const denied: readonly Attempt[] = blockNetwork({ allowPrograms: ["git"] }).denied;
         const length: number = await withNetwork(["example.com:443"], () => denied.length);
         installNoEgress({ afterEach: (check) => check() });
         // @ts-expect-error It is a list.
         void withNetwork("example.com:443", () => length);`,
      );
      const options = [
        "--ignoreConfig",
        "--noEmit",
        "--strict",
        "--target",
        "es2024",
        "--module",
        "nodenext",
        "--types",
        "",
      ];
      const tsc = join(repositoryRoot, "node_modules/typescript/bin/tsc");
      const { status, stdout } = spawnSync(process.execPath, [tsc, ...options, user], { encoding: "utf8" });
      expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
      return Promise.resolve();
    }));
});
