import { describe, expect, it } from "vitest";
import { createPolicy, type Policy } from "./policy.ts";

function policyWith(...grants: { host: string; port: number }[]): Policy {
  const policy = createPolicy({ socketFolders: ["/tmp"], elsewhere: () => [], onDenied: () => {} });
  for (const grant of grants) policy.grants.add(grant);
  return policy;
}

describe("without a grant", () => {
  it.each(["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])("%s is reached at any port", (address) => {
    expect(policyWith().mayConnect(address, 80)).toBe(true);
  });

  it.each([
    "0.0.0.0",
    "::",
    "10.0.0.1",
    "169.254.169.254",
    "192.0.2.1",
    "::ffff:192.0.2.1",
    "fe80::1",
    "localhost",
    "",
  ])("%j is not", (address) => {
    expect(policyWith().mayConnect(address, 80)).toBe(false);
  });

  it.each(["localhost", "LOCALHOST", "a.localhost", "localhost.", "127.0.0.1", "192.0.2.1", "", null, undefined])(
    "%j asks no resolver",
    (host) => {
      expect(policyWith().mayLookUp(host)).toBe(true);
    },
  );

  it.each(["example.com", "notlocalhost", "localhost.example.com", "127.0.0.1.example.com"])("%j would", (host) => {
    expect(policyWith().mayLookUp(host)).toBe(false);
  });

  it("sockets are reached in the folder for temporary files only", () => {
    expect(policyWith().mayConnectToSocket("/tmp/a/b.sock")).toBe(true);
    expect(policyWith().mayConnectToSocket("/tmp/../var/run/docker.sock")).toBe(false);
    expect(policyWith().mayConnectToSocket("/var/run/docker.sock")).toBe(false);
    expect(policyWith().mayConnectToSocket("\0abstract")).toBe(false);
  });
});

describe("a grant", () => {
  it("opens one address at one port", () => {
    const policy = policyWith({ host: "192.0.2.1", port: 443 });
    expect(policy.mayConnect("192.0.2.1", 443)).toBe(true);
    expect(policy.mayConnect("192.0.2.1", 80)).toBe(false);
    expect(policy.mayConnect("192.0.2.2", 443)).toBe(false);
  });

  it("opens a name, and at its port the addresses that it was found to have", () => {
    const policy = policyWith({ host: "example.com", port: 443 });
    expect(policy.mayLookUp("Example.com")).toBe(true);
    expect(policy.mayLookUp("www.example.com")).toBe(false);
    expect(policy.mayConnect("192.0.2.1", 443)).toBe(false);
    policy.learn("Example.com", ["192.0.2.1"]);
    expect(policy.mayConnect("192.0.2.1", 443)).toBe(true);
    expect(policy.mayConnect("192.0.2.1", 80)).toBe(false);
    policy.grants.clear();
    expect(policy.mayConnect("192.0.2.1", 443)).toBe(false);
  });

  it("opens one socket", () => {
    const policy = policyWith({ host: "unix:/var/run/docker.sock", port: 0 });
    expect(policy.mayConnectToSocket("/var/run/docker.sock")).toBe(true);
    expect(policy.mayConnectToSocket("/var/run/other.sock")).toBe(false);
  });
});

describe("what is denied", () => {
  it("is kept once, with its count", () => {
    const policy = policyWith();
    policy.deny("udp", "192.0.2.1:53");
    policy.deny("udp", "192.0.2.1:53");
    expect(policy.attempts).toMatchObject([{ what: "udp", target: "192.0.2.1:53", count: 2 }]);
  });

  it("cannot fill the memory", () => {
    const policy = policyWith();
    for (let port = 0; port < 5000; port++) policy.deny("udp", `192.0.2.1:${port}`);
    expect(policy.attempts.length).toBe(1000);
  });
});
