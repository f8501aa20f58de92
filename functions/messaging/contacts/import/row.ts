import type * as z from 'zod';
import { isStorable, normalized } from '../../../../core/text.ts';
import type { ParsedRow } from '../../files/rows.ts';
import { readWrittenPhone } from '../../phone.ts';
import { type Attributes, type ContactFields, Email, fits, Name, Tags } from '../contact.ts';
import type { Column, Meaning } from './columns.ts';

/** Length of an attribute's value in a file. */
const attributeLengthMax = 1_000;

/** A valid row of an import. */
export interface Candidate {
  row: number;
  phone: string;
  fields: ContactFields;
}

/** A row that is not imported, with the reason. The text quotes nothing of the row. */
export interface RowError {
  row: number;
  error: string;
}

/** Reason why a row cannot be used. */
class Flaw extends Error {}

function parsed<S extends z.ZodType>(schema: S, value: unknown, flaw: string): z.output<S> {
  const result = schema.safeParse(value);
  if (!result.success) throw new Flaw(flaw);
  return result.data;
}

const yesTexts = ['true', '1', 'yes', 'y', 'ndiyo'];
const noTexts = ['false', '0', 'no', 'n', 'hapana'];

function readFlag(text: string): boolean {
  const lower = text.toLowerCase();
  if (!yesTexts.includes(lower) && !noTexts.includes(lower))
    throw new Flaw('is_active must be true or false');
  return yesTexts.includes(lower);
}

const readTags = (text: string): string[] =>
  parsed(
    Tags,
    text
      .split(/[,;|]/)
      .map((tag) => tag.trim())
      .filter((tag) => tag !== ''),
    'Invalid tags',
  );

/** Values of a row, by the meaning of its columns. */
interface RowValues {
  columns: Partial<Record<Column, string>>;
  attributes: Attributes;
}

function fieldsOf({ columns, attributes }: RowValues): ContactFields {
  const parts = [columns.first_name, columns.last_name].filter((part) => part);
  const name = columns.name || parts.join(' ');
  return {
    ...(name ? { name: parsed(Name, name, 'Invalid name') } : {}),
    ...(columns.email ? { email: parsed(Email, columns.email, 'Invalid email address') } : {}),
    ...(columns.tags ? { tags: readTags(columns.tags) } : {}),
    ...(columns.is_active ? { is_active: readFlag(columns.is_active) } : {}),
    attributes,
  };
}

function candidateOf(row: number, values: RowValues, phoneIsExact: boolean): Candidate {
  const { phone: written } = values.columns;
  if (!written) throw new Flaw('Missing required field: phone_e164');
  const phone = phoneIsExact ? readWrittenPhone(written) : undefined;
  if (!phone) throw new Flaw('Invalid phone number format');
  if (!fits(values.attributes)) throw new Flaw('Too many attributes');
  return { row, phone, fields: fieldsOf(values) };
}

function valuesOf(cells: string[], meanings: Meaning[]): RowValues {
  const values: RowValues = { columns: {}, attributes: {} };
  for (const [position, cell] of cells.entries()) {
    if (cell === '') continue;
    if (position >= meanings.length)
      throw new Flaw('More values than columns; a value with a comma in it needs quotes');
    const meaning = meanings[position];
    if (!meaning) continue;
    if ('column' in meaning) values.columns[meaning.column] = cell;
    else {
      if (cell.length > attributeLengthMax || !isStorable(cell, true))
        throw new Flaw(`A value is longer than ${attributeLengthMax} characters, or has control characters`);
      values.attributes[meaning.attribute] = normalized(cell);
    }
  }
  return values;
}

/** Reads one row: a candidate, or the reason why it cannot be used. */
export function readImportRow(row: ParsedRow, meanings: Meaning[]): Candidate | RowError {
  if ('error' in row) return { row: row.number, error: row.error };
  const phoneAt = meanings.findIndex(
    (meaning) => meaning && 'column' in meaning && meaning.column === 'phone',
  );
  try {
    return candidateOf(row.number, valuesOf(row.cells, meanings), !row.inexact?.includes(phoneAt));
  } catch (error) {
    if (error instanceof Flaw) return { row: row.number, error: error.message };
    throw error;
  }
}
