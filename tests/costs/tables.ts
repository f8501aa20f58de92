import type { Consumed } from './consumed.ts';
import type { IdleLine } from './idle.ts';
import { bytesOf, type Stored, storageDollars } from './storage.ts';

/** Markdown that is as readable in a terminal: every column as wide as its widest cell. */
function table(rows: readonly (readonly string[])[]): string {
  const [header = []] = rows;
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[], filler = ' ') =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width, filler)).join(' | ')} |`;
  const [head = '', ...body] = rows.map((row) => line(row));
  return [head, line([], '-'), ...body].join('\n');
}

const grouped = (count: number): string => count.toLocaleString('en-US', { maximumFractionDigits: 1 });

/** The jobs with what they consumed, and dollars for a thousand times that. */
export const jobTable = (jobs: readonly { name: string; consumed: Consumed; dollars: number }[]): string =>
  table([
    ['job', 'write', 'read', 'of indexes', 'SQS', 'transitions', 'invocations', 'secrets', '$ for 1,000'],
    ...jobs.map(({ name, consumed, dollars }) => {
      const { write, read, sqs, transitions, invocations, secrets, kms, tables } = consumed;
      const indexes = Object.values(tables).reduce((sum, { indexes: units }) => sum + units, 0);
      const counts = [write, read, indexes, sqs, transitions, invocations, secrets + kms];
      return [name, ...counts.map(grouped), (1_000 * dollars).toFixed(2)];
    }),
  ]);

/** Records at rest, with dollars for a month of a million of them. */
export const storageTable = (kinds: readonly Stored[]): string =>
  table([
    ['at rest', 'bytes of one, in all', 'of which in', '$ for a million, a month'],
    ...kinds.map((stored) => {
      const each = bytesOf(stored) / stored.records;
      const parts = Object.entries(stored.bytesByTable).toSorted(([, one], [, other]) => other - one);
      const shares = parts.map(([name, bytes]) => `${name} ${grouped(Math.round(bytes / stored.records))}`);
      return [
        ...[stored.kind, grouped(Math.round(each)), shares.join(', ')],
        storageDollars(each * 1e6).toFixed(2),
      ];
    }),
  ]);

/** An idle month of a stage. */
export function idleTable({ stage, lines }: { stage: string; lines: readonly IdleLine[] }): string {
  const total = (part: 'dollars' | 'dollarsBeyondFree') => lines.reduce((sum, line) => sum + line[part], 0);
  const money = (dollars: readonly number[]) => dollars.map((one) => one.toFixed(2));
  return table([
    [`an idle month of ${stage}`, 'count', '$ by list', '$ beyond what is always free'],
    ...lines.map(({ what, count, dollars, dollarsBeyondFree }) => [
      ...[what, grouped(count)],
      ...money([dollars, dollarsBeyondFree]),
    ]),
    ['together', '', ...money([total('dollars'), total('dollarsBeyondFree')])],
  ]);
}
