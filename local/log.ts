/** One log line of a Lambda or of a part of the local run. */
export interface LogLine {
  /** RFC 3339, UTC. */
  readonly at: string;
  /** The function's logical id, or the part of the local run (`iam`, `queue`, …). */
  readonly source: string;
  readonly text: string;
}

/** Collects the log lines of the functions and of the local run. */
export interface Log {
  write(source: string, text: string): void;
  /** The newest lines (at most 20,000), oldest first. */
  lines(): readonly LogLine[];
}

/** Lines kept in memory for tests and for `/_local/logs`; older ones were only printed. */
const linesKeptMax = 20_000;

/** Creates a log that keeps its newest lines and passes each line to `print`. */
export function makeLog(print: (line: LogLine) => void = () => {}): Log {
  let lines: LogLine[] = [];
  return {
    write(source, text) {
      const line = { at: new Date().toISOString(), source, text };
      // Trimmed once per 20,000 lines: shifting the array on every line would cost more than the line.
      if (lines.push(line) >= 2 * linesKeptMax) lines = lines.slice(-linesKeptMax);
      print(line);
    },
    lines: () => lines.slice(-linesKeptMax),
  };
}
