/** What the mimic calls itself in the Server header of its answers, by which a client knows it under any address. */
export const mimicServer = "inferguard-mimic";
