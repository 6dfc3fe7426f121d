import { describe, expect, it } from "vitest";
import { modelName, toolName } from "./plain-names.ts";

describe("the name of a tool is kept when it looks like an identifier", () => {
  it.each([
    "read_file",
    "getWeather",
    "get_weather2",
    "str_replace_based_edit_tool",
    "mcp__github__create_pull_request",
    "web-search",
    "k8s_get_pods",
    "sha256",
    "Bash",
    "x",
  ])("%s", (name) => {
    expect(toolName(name)).toBe(name);
  });
});

describe("the name of a model is kept when it looks like one", () => {
  it.each([
    "gpt-4o-2024-08-06",
    "gpt-4.1-mini",
    "claude-sonnet-4-5-20250929",
    "meta-llama/Llama-3.1-8B-Instruct",
    "Qwen/Qwen3-Next-80B-A3B-Instruct",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-32B",
    "qwen2.5:7b-instruct-q4_K_M",
    "mimic-demo",
    "o3",
  ])("%s", (name) => {
    expect(modelName(name)).toBe(name);
  });
});

describe("nothing else is kept", () => {
  const hostile = [
    "/home/alice/notes.txt",
    "C:\\Users\\alice",
    "../secrets",
    "~/.ssh/id_rsa",
    "alice@example.com",
    "https://example.com/x",
    "sk-proj-abcdefghijklmnop",
    "sk-abc",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "AKIAIOSFODNN7EXAMPLE",
    "xoxb-123456789012-abcdefABCDEF",
    "hf_aBcDeFgHiJkLmNoPqRsT",
    "eyJhbGciOiJIUzI1NiJ9",
    "192.168.0.1",
    "10.0.0.1:8080",
    "host-10.0.0.1",
    "fe80::1",
    "db1.internal",
    "node.corp.example",
    "550e8400-e29b-41d4-a716-446655440000",
    "d41d8cd98f00b204e9800998ecf8427e",
    "q7Xb29LmP4zK81vRtYw3",
    "x".repeat(200),
    "please read my file",
    "read file",
    "read\u202Efile",
    "rеad_file",
    "read_file\u200b",
    "ｒｅａｄ",
    "read_file\n",
    "\u0000",
    "",
    " read",
    "read;rm",
    "$(id)",
    "<b>",
    "a".repeat(30),
  ];
  it.each(hostile)("%j", (name) => {
    expect([toolName(name), modelName(name)]).toEqual([null, null]);
  });

  it("of a tool that has the name of a model, or of a path", () => {
    expect(["meta-llama/Llama-3.1-8B", "a.b", "a:b"].map(toolName)).toEqual([null, null, null]);
    expect([null, "models/a/b", "/models/llama", "a//b", "a/"].map(modelName)).toEqual([null, null, null, null, null]);
  });
});
