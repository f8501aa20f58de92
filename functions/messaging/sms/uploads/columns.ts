import { type Field, fieldOf, type SayingColumns, sayingColumnsOf } from '../../files/rows.ts';
import { variableKeyOf } from '../templates/text.ts';

/** Fields of a row, in the order of the columns A to D, where they are if no header names them. */
const fieldsInOrder = ['phone', 'name', 'message', 'sender_id'] as const;

/** Where the columns of a file are. */
export interface UploadColumns {
  /** Positions of the columns with phones, and of those that say whether someone wants messages. */
  saying: SayingColumns;
  /** Position of each other field's column; absent if the file has none. */
  at: Partial<Record<Exclude<(typeof fieldsInOrder)[number], 'phone'>, number>>;
  /** Headers by position. Each column is also a variable of that name. */
  headers: string[];
  /** Variables that more than one column is named for, as `variableKeyOf` has them. */
  ambiguous: ReadonlySet<string>;
}

/**
 * Columns of a file of text messages. A header that names a field wins. A field that none names is in its
 * column of A to D if that has no header, or if no header names the phone; otherwise a column such as `City`
 * in the place of the message would be texted.
 */
export function uploadColumnsOf(headers: string[]): UploadColumns {
  const fields: (Field | undefined)[] = headers.map(fieldOf);
  const isByPosition = !fields.includes('phone');
  for (const [position, field] of fieldsInOrder.entries()) {
    const isFree = fields[position] === undefined && (isByPosition || headers[position] === '');
    if (isFree && position < headers.length && !fields.includes(field)) fields[position] = field;
  }
  const at: UploadColumns['at'] = {};
  for (const field of fieldsInOrder) {
    const position = fields.indexOf(field);
    if (position >= 0 && field !== 'phone') at[field] = position;
  }
  const keys = headers.map(variableKeyOf);
  const ambiguous = keys.filter((key, position) => keys.indexOf(key) < position);
  return { saying: sayingColumnsOf(fields), at, headers, ambiguous: new Set(ambiguous) };
}

/** The field of each column, as the API names it; all others are variables. */
export function uploadFieldsOf({ at, saying, headers }: UploadColumns): (string | null)[] {
  return headers.map((header, position) => {
    if (saying.phones.includes(position)) return 'phone';
    const named = fieldsInOrder.find((one) => one !== 'phone' && at[one] === position);
    const field = named ?? saying.consents.find((one) => one.at === position)?.field;
    return field ?? (header === '' ? null : `variables.${header}`);
  });
}
