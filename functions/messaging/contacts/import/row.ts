import type * as z from 'zod';
import type { FileRow, ParsedRow } from '../../../../core/files/row.ts';
import { isStorable, normalized } from '../../../../core/text.ts';
import {
  type Consent,
  consentFields,
  consentOf,
  digitsOf,
  type Field,
  joined,
  partsOf,
  type RowConsent,
  saidByLines,
  sayingColumnsOf,
  tooManyValues,
} from '../../files/rows.ts';
import { readWrittenPhone, takesMessages } from '../../phone.ts';
import { type Attributes, type ContactFields, Email, fits, Name, Tags } from '../contact.ts';
import { fieldNameOf, type Meaning } from './columns.ts';

/** Length of an attribute's value in a file. */
const attributeLengthMax = 1_000;

/** A sentence about a row. It quotes nothing of the row. */
export interface RowNote {
  row: number;
  note: string;
}

/** A valid row of an import. */
export interface Candidate {
  row: number;
  phone: string;
  fields: ContactFields;
  consents: RowConsent[];
  notes: RowNote[];
}

/** A row that is not imported, with the reason. The text quotes nothing of the row. */
export interface RowError {
  row: number;
  error: string;
  /** What it says about consent all the same. */
  consents?: RowConsent[];
}

/** A row of an import, with the meaning of its cells and attributes that are no text. */
export interface ImportRow {
  row: ParsedRow;
  meanings: Meaning[];
  attributes?: Attributes;
  /** What was left out of it. */
  leftOut?: string[];
}

/** Reason why a row cannot be used. */
class Flaw extends Error {}

/** A text for a field, with the name of its column, under which it is kept if the field has no use for it. */
interface Text {
  name: string;
  text: string;
  /** The digits of a number that is shown otherwise; `null` if they are unreliable. */
  digits: string | null | undefined;
}

/** The values of a row. */
interface RowValues {
  texts: Map<Field, Text[]>;
  attributes: Attributes;
  notes: string[];
}

/** Keeps a value as an attribute; one whose name is taken gets a number. */
function keep(attributes: Attributes, name: string, value: string): void {
  const isOwn = (key: string) => Object.hasOwn(attributes, key);
  let key = name;
  for (let n = 2; isOwn(key); n++) key = `${name} ${n}`;
  attributes[key] = value;
}

const textsOf = ({ texts }: RowValues, field: Field): Text[] => texts.get(field) ?? [];

/** Takes one of a field's texts, and keeps the others as attributes. */
function keepOthers({ attributes }: RowValues, texts: Text[], isTaken: (text: Text) => boolean): void {
  const others = texts.filter((one) => !isTaken(one));
  for (const name of new Set(others.map((one) => one.name))) {
    const its = others.filter((one) => one.name === name).map(({ text }) => normalized(text));
    keep(attributes, name, its.join(' ::: '));
  }
}

const phoneIn = ({ text, digits }: Text): string | undefined =>
  digits === null ? undefined : (readWrittenPhone(text) ?? (digits ? readWrittenPhone(digits) : undefined));

/** The first number that is usable: one that takes messages, else any. */
function phoneOf(values: RowValues): string {
  const texts = textsOf(values, 'phone');
  if (texts.length === 0) throw new Flaw('Missing required field: phone_e164');
  const phones = texts.flatMap((one) => phoneIn(one) ?? []);
  const phone = phones.find(takesMessages) ?? phones[0];
  if (!phone) throw new Flaw('Invalid phone number format');
  keepOthers(values, texts, (one) => phoneIn(one) === phone);
  if (texts.some((one) => !phoneIn(one)))
    values.notes.push('A phone number that is not valid was kept as an attribute');
  return phone;
}

/** A field's first value that its schema takes; others are kept as attributes. */
function firstOf<T>(values: RowValues, field: Field, schema: z.ZodType<T>, flaw: string): T | undefined {
  const texts = textsOf(values, field);
  const taken = texts.find(({ text }) => schema.safeParse(text).success);
  if (taken) {
    keepOthers(values, texts, (one) => one === taken);
    return schema.parse(taken.text);
  }
  if (texts.length > 0) values.notes.push(`${flaw}: imported without it`);
  return undefined;
}

function nameOf(values: RowValues): string | undefined {
  if (textsOf(values, 'name').length > 0) return firstOf(values, 'name', Name, 'Invalid name');
  const parts = (['first_name', 'last_name'] as const).flatMap((field) => textsOf(values, field));
  if (parts.length === 0) return undefined;
  const name = Name.safeParse(parts.map(({ text }) => text).join(' '));
  if (!name.success) values.notes.push('Invalid name: imported without it');
  return name.data;
}

function tagsOf(values: RowValues): string[] | undefined {
  const texts = textsOf(values, 'tags');
  if (texts.length === 0) return undefined;
  // Google Contacts puts an asterisk before its own groups.
  const written = texts.length > 1 ? texts.map(({ text }) => text) : (texts[0]?.text.split(/[,;|]/) ?? []);
  const tags = written.map((tag) => tag.trim().replace(/^\* /, ''));
  const read = Tags.safeParse(tags.filter((tag) => tag !== ''));
  if (!read.success) values.notes.push('Invalid tags: imported without them');
  return read.data;
}

/**
 * What the columns of consent say together, or the name of a field that cannot be understood. A person who is
 * out by one column is out, whatever another says.
 */
function rowConsentOf(values: RowValues): { consent: Consent } | { unread: string } {
  const said = consentFields.flatMap((field) =>
    textsOf(values, field).map(({ text, name }) => ({
      name: fieldNameOf({ field, name }) ?? name,
      consent: consentOf(field, text),
    })),
  );
  const consent = joined(said.map((one) => one.consent));
  const unread = said.find((one) => one.consent === 'unread');
  return unread && consent === 'unread' ? { unread: unread.name } : { consent };
}

function addCell(values: RowValues, { cells, digits, inexact }: FileRow, at: number, meaning: Meaning): void {
  const cell = cells[at] ?? '';
  if (!meaning) return;
  if ('attribute' in meaning) {
    if (cell.length <= attributeLengthMax && isStorable(cell, true))
      keep(values.attributes, meaning.attribute, normalized(cell));
    else
      values.notes.push(
        `A value is longer than ${attributeLengthMax} characters, or has control characters: imported without it`,
      );
    return;
  }
  const { field, name } = meaning;
  const its = partsOf(cell).map(
    (text): Text => ({ name, text, digits: inexact?.includes(at) ? null : digits?.[at] }),
  );
  values.texts.set(field, [...textsOf(values, field), ...its]);
}

function valuesOf(row: FileRow, { meanings, attributes, leftOut }: ImportRow): RowValues {
  const values: RowValues = { texts: new Map(), attributes: { ...attributes }, notes: [...(leftOut ?? [])] };
  for (const [at, cell] of row.cells.entries()) {
    if (cell === '') continue;
    addCell(values, row, at, meanings[at]);
  }
  return values;
}

function readValues(row: number, values: RowValues): Candidate | RowError {
  const phone = phoneOf(values);
  const said = rowConsentOf(values);
  if ('unread' in said) {
    const consents: RowConsent[] = [{ phone, consent: 'unread' }];
    return { row, error: `${said.unread} must be true or false`, consents };
  }
  // A file that says who is out means all numbers of that person.
  const others = said.consent === 'out' ? textsOf(values, 'phone').flatMap((one) => phoneIn(one) ?? []) : [];
  const consents = [...new Set([phone, ...others])].map((its) => ({ phone: its, consent: said.consent }));
  const [name, email, tags] = [
    nameOf(values),
    firstOf(values, 'email', Email, 'Invalid email address'),
    tagsOf(values),
  ];
  if (!fits(values.attributes)) return { row, error: 'Too many attributes', consents };
  const fields: ContactFields = {
    ...(name ? { name } : {}),
    ...(email ? { email } : {}),
    ...(tags ? { tags } : {}),
    attributes: values.attributes,
  };
  return { row, phone, fields, consents, notes: values.notes.map((note) => ({ row, note })) };
}

/** A row that is refused before its values are read. What it says about consent counts all the same. */
function refused(row: number, error: string, lines: string[][], meanings: Meaning[]): RowError {
  const fields = meanings.map((meaning) => (meaning && 'field' in meaning ? meaning.field : undefined));
  const columns = sayingColumnsOf(fields);
  return { row, error, consents: saidByLines(lines, columns, readWrittenPhone) };
}

/** Reads one row: a candidate, or the reason why it cannot be used. */
export function readImportRow(read: ImportRow): Candidate | RowError {
  const { row, meanings } = read;
  if ('error' in row) return refused(row.number, row.error, row.lines ?? [], meanings);
  if (row.cells.length > meanings.length)
    return refused(row.number, tooManyValues, [digitsOf(row)], meanings);
  try {
    return readValues(row.number, valuesOf(row, read));
  } catch (error) {
    if (error instanceof Flaw) return { row: row.number, error: error.message };
    throw error;
  }
}
