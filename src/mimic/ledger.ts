/** What the server itself saw and wrote: the ground truth for tests of a client. */

export interface Ledger {
  requests: {
    /** Requests on the inference paths. */
    received: number;
    in_flight: number;
    peak_in_flight: number;
    /** Answered to the last byte, whatever the status. */
    completed: number;
    /** Ended by the client or by a fault before the last byte. */
    broken: number;
    by_path: Record<string, number>;
  };
  connections: { accepted: number; open: number };
  /** Of event streams. */
  written: { events: number; tokens: number };
}

export function createLedger(): Ledger {
  return {
    requests: { received: 0, in_flight: 0, peak_in_flight: 0, completed: 0, broken: 0, by_path: {} },
    connections: { accepted: 0, open: 0 },
    written: { events: 0, tokens: 0 },
  };
}

/** Counts a request as in flight until the function that it returns is called. */
export function beginRequest(ledger: Ledger): (completed: boolean) => void {
  const { requests } = ledger;
  requests.received++;
  requests.in_flight++;
  requests.peak_in_flight = Math.max(requests.peak_in_flight, requests.in_flight);
  return (completed) => {
    requests.in_flight--;
    if (completed) requests.completed++;
    else requests.broken++;
  };
}
