/** What is in no payload, whatever the run, the flags and the consent. */

export const leftOut: readonly { what: string; why: string }[] = [
  { what: "prompts, outputs, tool arguments and error bodies", why: "a payload has no place for text" },
  {
    what: "keys, header names and values, environment variables, user names",
    why: "a payload has no place for text, and a run does not hold the values",
  },
  {
    what: "endpoints, hosts, addresses, paths, models, datasets and their hashes, the run's name and id",
    why: "they would say whose run this is",
  },
  {
    what: "times of day, durations, versions, platform, kind of hardware",
    why: "together they would single a run out",
  },
  { what: "KV cache blocks and their hashes", why: "they would tell which prompts are alike" },
  { what: "exact numbers and single requests", why: "a payload has buckets of whole runs, and only with noise" },
  { what: "noise.seed", why: "whoever has it can take the noise away" },
];
