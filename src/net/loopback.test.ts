import { expect, it } from "vitest";
import { isLoopback } from "./loopback.ts";

it.each(["127.0.0.1", "127.255.255.254", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"])("%s is loopback", (address) => {
  expect(isLoopback(address)).toBe(true);
});

it.each([
  "126.255.255.255",
  "128.0.0.1",
  "0.0.0.0",
  "10.0.0.1",
  "::",
  "::2",
  "fe80::1",
  "::ffff:10.0.0.1",
  "localhost",
  "127.1",
  "",
])("%j is not", (address) => {
  expect(isLoopback(address)).toBe(false);
});
