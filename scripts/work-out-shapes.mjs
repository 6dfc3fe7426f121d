/**
 * An esbuild plugin: src/runs/sure-shapes.ts becomes what its exports come to, now and not at each start. So a command
 * that only needs the shapes of schemas does not load zod, which takes longer than the command.
 */
import { build } from "esbuild";

export const workOutShapes = {
  name: "work-out-shapes",
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]src[/\\]runs[/\\]sure-shapes\.ts$/ }, async ({ path }) => {
      const { outputFiles } = await build({
        entryPoints: [path],
        bundle: true,
        format: "esm",
        platform: "node",
        write: false,
        logLevel: "warning",
      });
      const [{ contents }] = outputFiles;
      const url = `data:text/javascript;base64,${Buffer.from(contents).toString("base64")}`;
      const exported = Object.entries(await import(url));
      return {
        contents: exported.map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};\n`).join(""),
      };
    });
  },
};
