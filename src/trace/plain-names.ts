/**
 * Names that may be kept: those that look like a program's identifier or a model's name, and not like an address, a path,
 * a key or something that a person wrote. What is not sure is not kept.
 */

/**
 * A tool's name: ASCII letters, digits, `_` and `-`, at most 64, from a letter on. Each word between `_` and `-` is
 * letters, at most 24, with up to four digits at its end (`read_file_v2`), or at most 5 letters and digits (`k8s`).
 */
export function toolName(name: string | null): string | null {
  if (name === null || !/^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(name) || beginsAsKey.test(name)) return null;
  const words = name.split(/[_-]+/).filter((word) => word !== "");
  return words.every((word) => /^([A-Za-z]{1,24}\d{0,4}|[A-Za-z0-9]{1,5})$/.test(word)) ? name : null;
}

/**
 * A model's name: at most 96 ASCII letters, digits and `. _ : + -`, from a letter on, with one `/` at most for its maker.
 * A point stands between digits (`llama-3.1`), as it does in no host name, and there are no three numbers in a row with
 * points between them, as in an address. Words are at most 20 letters, 8 digits or, mixed, 12.
 */
export function modelName(name: string | null): string | null {
  if (name === null || !/^[A-Za-z][A-Za-z0-9._:+/-]{0,95}$/.test(name) || beginsAsKey.test(name)) return null;
  if (name.split("/").length > 2 || /\.(?!\d)|(?<!\d)\.|\d\.\d+\.\d|[:/]{2}|\/$/.test(name)) return null;
  const words = name.split(/[._:+/-]+/).filter((word) => word !== "");
  return words.every((word) => /^([A-Za-z]{1,20}|\d{1,8}|[A-Za-z0-9]{1,12})$/.test(word)) ? name : null;
}

/** How keys and tokens of well-known makers begin. */
const beginsAsKey =
  /^(sk|pk|rk|ghp|gho|ghs|ghu|ghr|github_pat|glpat|xox[a-z]|hf|npm|akia|asia|aiza|eyj|ssh|bearer)[_-]|^(akia|asia|aiza|eyj)[a-z0-9]{8}/i;
