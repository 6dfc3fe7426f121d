/** What stands between this program and the network, and which of it is there in this process. */

export interface Layer {
  name: "gate" | "guard" | "permissions" | "kernel";
  live: boolean;
  text: string;
}

/** What the command that asks has found out: nothing of the posture reaches the code that it asks. */
export interface LiveLayers {
  /** Null where it is live, else why it is not. */
  guard: string | null;
  permissions: boolean;
}

export function layersOf({ guard, permissions }: LiveLayers): Layer[] {
  return [
    {
      name: "gate",
      live: true,
      text: "one function opens every connection of InferGuard's own code, only for a destination that a flag named",
    },
    guard === null
      ? {
          name: "guard",
          live: true,
          text: "Node's own handles deny every connection, listener, look-up and process that InferGuard's code has no ticket for",
        }
      : { name: "guard", live: false, text: guard },
    {
      name: "permissions",
      live: permissions,
      text: permissions
        ? "Node denies this process the network, other processes, threads and native code"
        : "Node's permission model is not switched on; a Node whose model covers the network runs with it the commands that only read",
    },
    { name: "kernel", live: false, text: "the kernel enforces nothing here" },
  ];
}
