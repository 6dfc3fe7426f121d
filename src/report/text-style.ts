/** How a text may look where it is shown. */
export interface TextStyle {
  /** Columns, at least 20. */
  width: number;
  colour: boolean;
  /** False: ASCII only. */
  unicode: boolean;
}
