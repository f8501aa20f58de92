import { type FileRow, withoutEmptyEnd } from '../../../core/files/row.ts';
import { type Consent, consentFields, consentOf, joined } from './consent.ts';
import type { Field } from './header-words.ts';

/** What a row says about consent to messages. */
export interface RowConsent {
  phone: string;
  consent: Consent;
}

/** Columns of a file by which a row says who is out. */
export interface SayingColumns {
  /** Positions of the columns with phones. */
  phones: readonly number[];
  consents: readonly { field: Field; at: number }[];
  /** Number of columns. */
  count: number;
}

/** Error of a row with values beyond the last column. */
export const tooManyValues = 'More values than columns; a value with a comma in it needs quotes';

const isConsent = (field: Field | undefined): field is (typeof consentFields)[number] =>
  consentFields.some((one) => one === field);

/** Positions of the columns by which a row says who is out, from the field of each column. */
export function sayingColumnsOf(fields: readonly (Field | undefined)[]): SayingColumns {
  return {
    phones: fields.flatMap((field, at) => (field === 'phone' ? [at] : [])),
    consents: fields.flatMap((field, at) => (isConsent(field) ? [{ field, at }] : [])),
    count: fields.length,
  };
}

/** Cells of a row, with the digits of numbers that are shown otherwise. */
export const digitsOf = ({ cells, digits = {} }: FileRow): string[] =>
  cells.map((cell, at) => digits[at] ?? cell);

/** Values in one cell: more than people have. A cell with more is not taken apart. */
const partsMax = 50;

/** Google Contacts puts several values into one cell like that. */
export function partsOf(cell: string): string[] {
  const parts = cell.split(':::', partsMax + 1).map((part) => part.trim());
  return parts.length > partsMax ? [cell] : parts.filter((part) => part !== '');
}

/**
 * What one of these cells says, if it is not known which of them is the column's: readings that contradict
 * each other are not guessed at.
 */
function saidByOneOf(field: Field, cells: readonly string[]): Consent {
  const readings = cells.map((cell) => consentOf(field, cell)).filter((consent) => consent !== 'unread');
  const all = joined(readings);
  return readings.length === 0 || (all !== 'none' && readings.includes('none')) ? 'unread' : all;
}

function saidByCells(
  written: string[],
  { phones, consents, count }: SayingColumns,
  readPhone: (text: string) => string | undefined,
): RowConsent[] {
  const cells = withoutEmptyEnd(written);
  /** Values too many: one of them may have moved those behind it. */
  const moved = Math.max(0, cells.length - count);
  const placesOf = (at: number) => Array.from({ length: moved + 1 }, (_, n) => at + n);
  const consent = joined(
    consents.map(({ field, at }) =>
      saidByOneOf(
        field,
        placesOf(at).map((place) => cells[place] ?? ''),
      ),
    ),
  );
  if (consent === 'none') return [];
  const phonesAt = (place: number) => partsOf(cells[place] ?? '').flatMap((part) => readPhone(part) ?? []);
  const taken = new Set<number>();
  for (const at of phones) {
    const place = placesOf(at).find((one) => !taken.has(one) && phonesAt(one).length > 0);
    if (place !== undefined) taken.add(place);
  }
  return [...new Set([...taken].flatMap(phonesAt))].map((phone) => ({ phone, consent }));
}

/**
 * What a row that is refused for another reason says about consent, as far as it can be read: who is out by
 * any row of a file is out. Each phone of the row is meant.
 *
 * @param lines cells of its lines; of one with more values than columns it is unknown which is too many.
 */
export const saidByLines = (
  lines: readonly string[][],
  columns: SayingColumns,
  readPhone: (text: string) => string | undefined,
): RowConsent[] => lines.flatMap((cells) => saidByCells(cells, columns, readPhone));
