/** One line that a Lambda or a part of the local run wrote. */
export interface LogLine {
  /** RFC 3339, UTC. */
  readonly at: string;
  /** The function's logical id, or the local part that speaks (`iam`, `queue`, …). */
  readonly source: string;
  readonly text: string;
}

/** Collects what the functions and the local run have to say. */
export interface Log {
  write(source: string, text: string): void;
  /** The newest lines, oldest first. */
  lines(): readonly LogLine[];
}

/** How many lines are kept for tests and for `/_local`; older ones are only printed. */
const linesKept = 20_000;

/** A log that keeps its newest lines and hands each to `print`. */
export function makeLog(print: (line: LogLine) => void = () => {}): Log {
  let lines: LogLine[] = [];
  return {
    write(source, text) {
      const line = { at: new Date().toISOString(), source, text };
      // Cut only now and then: shifting the array on every line would cost more than the line.
      if (lines.push(line) >= 2 * linesKept) lines = lines.slice(-linesKept);
      print(line);
    },
    lines: () => lines.slice(-linesKept),
  };
}
