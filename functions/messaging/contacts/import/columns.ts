import { normalized } from '../../../../core/text.ts';
import { unreadable } from '../../errors.ts';
import type { FileRow } from '../../files/rows.ts';
import { AttributeName } from '../contact.ts';

/** Contact field that a column of an import holds. */
export type Column = 'phone' | 'name' | 'first_name' | 'last_name' | 'email' | 'tags' | 'is_active';

/** Headers of these columns in people's files and address books, in the form that `plain` returns. */
const aliasesByColumn: Record<Column, string[]> = {
  phone: [
    ...[
      'phone_e164',
      'phone',
      'phone_number',
      'mobile',
      'mobile_number',
      'mobile_phone',
      'cell',
      'cellphone',
    ],
    ...['telephone', 'tel', 'msisdn', 'number', 'phone_1_value', 'simu', 'namba_ya_simu'],
  ],
  name: ['name', 'full_name', 'fullname', 'contact_name', 'display_name', 'jina'],
  first_name: ['first_name', 'firstname', 'given_name'],
  last_name: ['last_name', 'lastname', 'surname', 'family_name'],
  email: ['email', 'e_mail', 'email_address', 'mail', 'e_mail_1_value', 'barua_pepe'],
  tags: ['tags', 'tag', 'labels', 'groups'],
  is_active: ['is_active', 'active'],
};

/** Fields that the service assigns: they are ignored in a file that was exported from here. */
const ownFields = new Set(['id', 'tenant_id', 'opted_out_at', 'created_at', 'updated_at']);

const byAlias = new Map(
  Object.entries(aliasesByColumn).flatMap(([column, names]) => names.map((name) => [name, column as Column])),
);

const plain = (header: string): string =>
  header
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .replace(/^_|_$/g, '');

/** A known column, a column that becomes an attribute of that name, or one that is ignored. */
export type Meaning = { column: Column } | { attribute: string } | undefined;

/**
 * Meaning of each header. The first of several columns for one field is used; the others become attributes.
 */
export function meaningsOf(headers: string[]): Meaning[] {
  const taken = new Set<Column>();
  return headers.map((header) => {
    const column = byAlias.get(plain(header));
    if (column && !taken.has(column)) {
      taken.add(column);
      return { column };
    }
    return header === '' || ownFields.has(plain(header)) ? undefined : { attribute: header };
  });
}

/** False for a column that becomes an attribute but whose name no attribute can have. */
export const isNamed = (meaning: Meaning): boolean =>
  !meaning || 'column' in meaning || AttributeName.safeParse(meaning.attribute).success;

/**
 * Meaning of a file's columns, from its first row.
 *
 * @throws Problem if that row names no phone column, or its names are invalid or not unique.
 */
export function columnsOf({ cells }: FileRow): Meaning[] {
  const headers = cells.map((cell) => normalized(cell));
  const meanings = meaningsOf(headers);
  if (!meanings.some((meaning) => meaning && 'column' in meaning && meaning.column === 'phone'))
    throw unreadable('The first row must name the columns, one of them phone_e164');
  const attributes = meanings.flatMap((meaning) =>
    meaning && 'attribute' in meaning ? [meaning.attribute] : [],
  );
  if (!meanings.every(isNamed))
    throw unreadable('A column has a name that is too long, or has control characters');
  if (new Set(attributes).size < attributes.length) throw unreadable('Two columns have the same name');
  return meanings;
}
