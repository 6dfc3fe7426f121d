/** The body of a request, whole. */
import type { HttpRequest } from "./http.ts";
import { ApiError } from "./api-error.ts";

const maxBodyBytes = 64 * 1024 * 1024;

/** @throws ApiError with status 413 above 64 MiB. */
export async function readBody(request: HttpRequest): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw new ApiError(413, `the body is over ${maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
