import { describe, expect, test } from 'vitest';
import { Problem } from '../../core/http/problem.ts';
import { readImport } from '../../functions/messaging/contacts/import/rows.ts';
import { corpus, phones, type Specimen } from './corpus.ts';

const letterOf = (phone: string): string =>
  Object.entries(phones).find(([, its]) => its === phone)?.[0] ?? phone;
const lettered = (text: string): string =>
  Object.entries(phones).reduce((all, [letter, phone]) => all.replaceAll(phone, `<${letter}>`), text);

function imported(file: Buffer | string) {
  const options = { skip_duplicates: true, update_existing: false };
  if (typeof file === 'string') return readImport({ ...options, import_type: 'csv', csv_data: file });
  const isWorkbook = file.subarray(0, 4).toString('latin1') === 'PK\u0003\u0004';
  return readImport({ ...options, import_type: isWorkbook ? 'excel' : 'csv', file });
}

/** What becomes of a file, in the words of the corpus. */
function outcomeOf(file: Buffer | string): { lines: string[]; report: string } {
  try {
    const { candidates, errors, consents, file: report } = imported(file);
    const stored = candidates.map(({ row, phone, fields, notes }) => {
      const attributes = Object.entries(fields.attributes).map(
        ([name, value]) => `${lettered(name)}=${lettered(String(value))}`,
      );
      const consent = consents.get(phone);
      const said = consent === 'none' || !consent ? [] : [consent];
      const parts = [
        row,
        letterOf(phone),
        fields.name ?? '-',
        ...attributes,
        ...said,
        ...notes.map(({ note }) => `~${note}`),
      ];
      return { row, line: parts.join(' ') };
    });
    const told = errors.map(({ row, error }) => ({ row, line: `${row} ! ${error}` }));
    const lines = [...stored, ...told].toSorted((one, other) => one.row - other.row).map(({ line }) => line);
    return { lines, report: `${report?.encoding} ${report?.separator} ${report?.header_row}` };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { lines: [`refused: ${error.message}`], report: '' };
  }
}

/** The words of a refusal or an error may go on; a contact has nothing else. */
const matching = (line: string) => (/^refused:| ! | ~/.test(line) ? expect.stringContaining(line) : line);

const files = corpus();

test('there are at least 150 of them, each with a name of its own', () => {
  expect(files.length).toBeGreaterThanOrEqual(150);
  expect(new Set(files.map(({ group, name }) => `${group} ${name}`)).size).toBe(files.length);
});

describe('a file that people send is read as they see it, or refused in words that say where', () => {
  test.each(files)('$group: $name', ({ file, outcome, report }: Specimen) => {
    const read = outcomeOf(file);
    expect(read.lines).toEqual(outcome.map(matching));
    if (report) expect(read.report).toBe(report);
    // The same text as a file.
    const isText = typeof file === 'string' && file.isWellFormed();
    if (isText) expect(outcomeOf(Buffer.from(file)).lines).toEqual(read.lines);
  });
});
