/**
 * Other people's clients, in a folder of the user's cache and never in package.json. The agents that use them are copied
 * there, because Node looks for packages beside the file that asks for them.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const dependencies = {
  "@ai-sdk/openai-compatible": "3.0.92",
  "@anthropic-ai/sdk": "1.14.0",
  "@langchain/core": "1.4.0",
  "@langchain/langgraph": "1.7.3",
  "@langchain/openai": "1.6.0",
  ai: "7.0.173",
  openai: "7.57.0",
  zod: "4.6.7",
};

/** The folder with the clients, installed once, and the agents as they are now. */
export function agentsFolder(): string {
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const folder = join(cache, "inferguard-real-agents");
  const manifest = JSON.stringify({ private: true, type: "module", dependencies });
  if (!existsSync(join(folder, "node_modules", "openai"))) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), manifest);
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--silent", "--ignore-scripts"], {
      cwd: folder,
      stdio: "inherit",
    });
  }
  cpSync(join(import.meta.dirname, "agents"), folder, { recursive: true });
  return folder;
}
