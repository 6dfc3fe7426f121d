/** Each probe by its name. */
export declare const listeners: Readonly<Record<string, unknown>>;
