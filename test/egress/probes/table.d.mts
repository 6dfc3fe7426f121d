export const probes: Readonly<Record<string, (target: object) => unknown>>;
