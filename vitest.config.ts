import { defineConfig } from "vitest/config";

/** Tests of the built package: they need dist/, the others do not. */
const built = ["test/e2e/**/*.test.ts", "test/package*.test.ts"];

/** Our own suite runs under the published fixture: a test that tries to go out fails. The fixture's tests cannot. */
const setupFiles = ["test/no-egress-setup.ts"];
const fixture = ["src/testing/**/*.test.ts"];

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          setupFiles,
          include: ["src/**/*.test.ts", "test/**/*.test.ts"],
          exclude: [...built, ...fixture, "**/node_modules/**"],
        },
      },
      { extends: true, test: { name: "built", include: built, setupFiles, globalSetup: "test/build-when-stale.ts" } },
      { extends: true, test: { name: "fixture", include: fixture } },
    ],
  },
});
