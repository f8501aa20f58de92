/** The room of a violation: a folder of `core` or `functions`, or else a folder of the repository. */
function roomOf(violation: string): string {
  const [path = ''] = violation.split(':', 1);
  const folders = path.split('/').slice(0, -1);
  const divided = folders[0] === 'core' || folders[0] === 'functions';
  return folders.slice(0, divided ? 2 : 1).join('/');
}

/**
 * A table of how many violations each check found in each room; rooms and checks without any are left out.
 */
export function summary(found: Record<string, string[]>): string {
  const checks = Object.keys(found).filter((check) => found[check]?.length);
  const rooms = [...new Set(Object.values(found).flat().map(roomOf))].sort();
  const count = (check: string, room?: string): string =>
    String(
      (found[check] ?? []).filter((violation) => room === undefined || roomOf(violation) === room).length,
    );
  return table([
    ['room', ...checks],
    ...rooms.map((room) => [room, ...checks.map((check) => count(check, room))]),
    ['all', ...checks.map((check) => count(check))],
  ]);
}

/** Rows as lines with aligned columns: the first to the left, the others to the right. */
function table(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, at) => (at > 0 ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
        .join('  '),
    )
    .join('\n');
}
