import { type Figure, reached, type Unit } from './figure.ts';

/** Three digits that matter, without exponents. */
function number(value: number): string {
  if (!Number.isFinite(value)) return '?';
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 3));
}

const withUnit = (value: number, unit: Unit): string => `${number(value)} ${unit}`;

const mark = (figure: Figure): string =>
  ({ true: 'pass', false: '**behind**' })[String(reached(figure))] ?? '';

/** Markdown that is as readable in a terminal: every column as wide as its widest cell. */
function table(rows: string[][]): string {
  const [header = []] = rows;
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: string[], filler = ' ') =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0, filler)).join(' | ')} |`;
  const [head = '', ...body] = rows.map((row) => line(row));
  return [head, line(Array(header.length).fill(''), '-'), ...body].join('\n');
}

export function figureTable(figures: Figure[]): string {
  const rows = figures.map((figure) => {
    const { name, unit, ours, baseline, ratio, aim, rounds } = figure;
    return [
      name,
      withUnit(ours, unit),
      baseline ? `${baseline.name}: ${withUnit(baseline.value, unit)}` : '',
      ratio === undefined ? '' : number(ratio),
      aim === undefined ? '' : `≤ ${aim}`,
      mark(figure),
      String(rounds),
    ];
  });
  return table([['measure', 'ours', 'baseline', 'ratio', 'aim', '', 'rounds'], ...rows]);
}

/** What a reader in a hurry wants to know. */
export function summary(figures: Figure[]): string {
  const judged = figures.filter((figure) => reached(figure) !== undefined);
  const behind = judged.filter((figure) => !reached(figure));
  const lines = behind.map(
    ({ name, ratio, ours, aim }) => `- ${name}: ${number(ratio ?? ours)}, aim ≤ ${aim}`,
  );
  return [`${judged.length - behind.length} of ${judged.length} aims reached.`, ...lines].join('\n');
}
