/** A whole family is not what OpenMetrics allows. `line` is the first line at which it shows. */
export class BrokenRule extends Error {
  override readonly name = "BrokenRule";
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}
