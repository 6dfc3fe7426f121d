/** How a probe waits for what it tried. */

/** A probe that succeeds or fails says so at once; on a busy machine its child may take seconds to start. */
const PATIENCE_MS = 8000;

/** The probe cannot be run here, and why. */
export function skip(reason) {
  throw Object.assign(new Error(reason), { skip: true });
}

/** The promise's end, or this long. What came out is of no interest: the canary says whether it was reached. */
export async function within(promise, patienceMs = PATIENCE_MS) {
  await Promise.race([promise, pause(patienceMs)]);
}

export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Until the emitter (or event target) says that it worked, or that it did not. */
export async function when(emitter, success, failure) {
  const listen = (emitter.on ?? emitter.addEventListener).bind(emitter);
  const done = new Promise((resolve, reject) => {
    listen(success, resolve);
    listen(failure, (error) => reject(error?.error ?? error));
  });
  await within(done);
}
