/** Which request headers carry a secret: those travel in the clear only where a flag allows it. */
export function isKeyHeader(name: string): boolean {
  return /^((proxy-)?authorization|(x-)?api-key|x-goog-api-key|cookie)$/i.test(name);
}
