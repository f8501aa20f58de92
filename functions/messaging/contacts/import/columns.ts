import { normalized } from '../../../../core/text.ts';
import { unreadable } from '../../errors.ts';
import { type Field, fieldOf, plainHeader } from '../../files/rows.ts';
import { AttributeName } from '../contact.ts';

/** Fields that are of text messages only: columns for them are the author's own. */
const otherFields = new Set<Field>(['message', 'sender_id']);

/** Fields that several columns may hold: the first usable value counts, or each of them has a say. */
const repeatedFields = new Set<Field>([
  'phone',
  'email',
  'is_active',
  'opted_out',
  'opted_out_at',
  'opted_in',
]);

/** Fields that the service assigns: they are ignored in a file that was exported from here. */
const ownFields = new Set(['id', 'tenantid', 'createdat', 'updatedat', 'version']);

/**
 * A column for a field, which keeps what the field has no use for under its name; a column that becomes an
 * attribute of that name; or one that is ignored.
 */
export type Meaning = { field: Field; name: string } | { attribute: string } | undefined;

/** Name of a column without a header: the letter that spreadsheets give it. */
const letterOf = (position: number): string =>
  position < 26
    ? `Column ${String.fromCharCode(65 + position)}`
    : `Column ${String.fromCharCode(64 + Math.floor(position / 26), 65 + (position % 26))}`;

/**
 * Meaning of each header. The first of several columns for a name is used, the others become attributes. A
 * column without a header is named by its letter.
 */
export function meaningsOf(headers: string[]): Meaning[] {
  const taken = new Set<Field>();
  return headers.map((written, position) => {
    const header = normalized(written);
    const field = fieldOf(header);
    if (field && !otherFields.has(field) && (repeatedFields.has(field) || !taken.has(field))) {
      taken.add(field);
      return { field, name: header };
    }
    if (ownFields.has(plainHeader(header))) return undefined;
    return { attribute: header === '' ? letterOf(position) : header };
  });
}

/** False for a column whose name no attribute can have. */
const isNamed = (meaning: Meaning): boolean =>
  !meaning || 'field' in meaning || AttributeName.safeParse(meaning.attribute).success;

/**
 * Meaning of a file's columns, from its header.
 *
 * @throws Problem if the names are invalid or not unique.
 */
export function columnsOf(headers: string[]): Meaning[] {
  const meanings = meaningsOf(headers);
  const attributes = meanings.flatMap((meaning) =>
    meaning && 'attribute' in meaning ? [meaning.attribute] : [],
  );
  if (!meanings.every(isNamed))
    throw unreadable('A column has a name that is too long, or has control characters');
  if (new Set(attributes).size < attributes.length) throw unreadable('Two columns have the same name');
  return meanings;
}

/** Names of fields in the API. */
const fieldNames: Partial<Record<Field, string>> = { phone: 'phone_e164', opted_out: 'opted_out_at' };

/** The field that a column was taken for, as the API names it. */
export function fieldNameOf(meaning: Meaning): string | null {
  if (!meaning) return null;
  return 'attribute' in meaning
    ? `attributes.${meaning.attribute}`
    : (fieldNames[meaning.field] ?? meaning.field);
}
