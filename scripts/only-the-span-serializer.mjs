/**
 * An esbuild plugin: of OpenTelemetry's serializers only the one of spans as JSON is bundled. The package's one entry also
 * has those of metrics and logs, and they bring the SDK with them, which starts processes to find out where it runs. The
 * serializer takes a logger from the API's package, for reading answers, which InferGuard does not do: it gets a stand-in,
 * because the real one looks for itself among the globals.
 */
import { fileURLToPath } from "node:url";

const serializer = fileURLToPath(
  new URL("../node_modules/@opentelemetry/otlp-transformer/dist/trace/json/trace.mjs", import.meta.url),
);

export const onlyTheSpanSerializer = {
  name: "only-the-span-serializer",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@opentelemetry\/otlp-transformer$/ }, () => ({ path: serializer }));
    onResolve({ filter: /^@opentelemetry\/api$/ }, ({ path, importer }) =>
      importer === serializer ? { path, namespace: "no-logger" } : undefined,
    );
    onLoad({ filter: /.*/, namespace: "no-logger" }, () => ({ contents: "export const diag = { warn() {} };" }));
  },
};
