import type { Field } from '../../files/rows.ts';
import { AttributeName, Attributes } from '../contact.ts';
import { type Meaning, meaningsOf } from './columns.ts';
import type { ImportRow } from './row.ts';

/**
 * Members in which pickers keep a field's text: the Contact Picker API, Cordova, Capacitor, Expo, React
 * Native Contacts and Google's People API.
 */
const membersByField: Partial<Record<Field, readonly string[]>> = {
  phone: ['number', 'value', 'canonicalForm', 'phoneNumber', 'phone', 'tel', 'digits'],
  email: ['email', 'address', 'value', 'emailAddress'],
  name: ['display', 'displayName', 'formatted', 'formattedName', 'full', 'fullName', 'name', 'value'],
  tags: ['name', 'label', 'value'],
};
const nameParts = [
  'given',
  'givenName',
  'first',
  'firstName',
  'middle',
  'middleName',
  'family',
  'familyName',
  'last',
  'lastName',
];

/** Values of one field: more than people have. */
const valuesMax = 50;

const isScalar = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value);

const scalarsOf = (value: object, members: readonly string[]): string[] => {
  const its = value as Record<string, unknown>;
  return members.flatMap((member) => (isScalar(its[member]) ? String(its[member]).trim() : []));
};

/** Texts of a known field: of a text, an object of a picker, or a list of these; else `undefined`. */
function textsOf(value: unknown, field: Field): string[] | undefined {
  if (value === null || value === undefined) return [];
  if (isScalar(value)) return [String(value).trim()];
  if (Array.isArray(value)) {
    const texts = value
      .slice(0, valuesMax + 1)
      .map((one) => (Array.isArray(one) ? undefined : textsOf(one, field)));
    return texts.every((one) => one !== undefined) && texts.length <= valuesMax ? texts.flat() : undefined;
  }
  if (typeof value !== 'object') return undefined;
  const found = scalarsOf(value, membersByField[field] ?? []).slice(0, 1);
  if (found.length > 0 || field !== 'name') return found.length > 0 ? found : undefined;
  const parts = scalarsOf(value, nameParts).filter((part) => part !== '');
  return parts.length > 0 ? [parts.join(' ')] : undefined;
}

const isNothing = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === '' ||
  (typeof value === 'object' && Object.keys(value).length === 0);

/** What becomes of one field of a contact. */
type Taken = { cell: string } | { attributes: Attributes } | { leftOut: string };

function attributeOf(name: string, value: unknown): Taken {
  if (isNothing(value)) return { attributes: {} };
  if (isScalar(value) && AttributeName.safeParse(name).success) return { cell: String(value).trim() };
  if (
    Array.isArray(value) &&
    value.every((one) => typeof one === 'string') &&
    AttributeName.safeParse(name).success
  )
    return { cell: value.join(',') };
  // No prototype, so that a field named `__proto__` is refused and not lost.
  const read = Attributes.safeParse({ [name]: value });
  return read.success && AttributeName.safeParse(name).success
    ? { attributes: read.data }
    : { leftOut: 'A field has a name or a value that cannot be stored: imported without it' };
}

function takenOf(key: string, value: unknown, meaning: Meaning): Taken {
  if (!meaning) return { attributes: {} };
  if ('field' in meaning) {
    const texts = textsOf(value, meaning.field);
    return texts
      ? { cell: texts.join(' ::: ') }
      : { leftOut: `${meaning.field} has a shape that is not known: imported without it` };
  }
  // A contact as this API answers it has its attributes in a field of that name.
  if (key === 'attributes' && typeof value === 'object' && value !== null) {
    const read = Attributes.safeParse(value);
    return read.success
      ? { attributes: read.data }
      : { leftOut: 'The attributes cannot be stored: imported without them' };
  }
  return attributeOf(meaning.attribute, value);
}

/** A contact of a phone as a row of an import; its number counts from 1. */
export function contactRow(contact: Record<string, unknown>, index: number): ImportRow {
  const keys = Object.keys(contact);
  const meanings = meaningsOf(keys);
  const taken = keys.map((key, at) => takenOf(key, contact[key], meanings[at]));
  return {
    row: { number: index + 1, cells: taken.map((one) => ('cell' in one ? one.cell : '')) },
    meanings,
    attributes: Object.assign({}, ...taken.map((one) => ('attributes' in one ? one.attributes : {}))),
    leftOut: taken.flatMap((one) => ('leftOut' in one ? [one.leftOut] : [])),
  };
}
