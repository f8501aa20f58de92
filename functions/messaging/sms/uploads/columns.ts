import { consentFields, type Field, fieldOf } from '../../files/rows.ts';

/** Fields of a row, in the order of the columns A to D, where they are if no header names them. */
const fieldsInOrder = ['phone', 'name', 'message', 'sender_id'] as const;
type RowField = (typeof fieldsInOrder)[number];

const isConsent = (field: Field | undefined): field is (typeof consentFields)[number] =>
  consentFields.some((one) => one === field);

/** Where the columns of a file are. */
export interface UploadColumns {
  /** Position of each field's column; absent if the file has none. */
  at: Partial<Record<RowField, number>>;
  /** Positions of columns that say whether someone wants messages. */
  consent: { field: Field; at: number }[];
  /** Headers by position. Each column is also a variable of that name. */
  headers: string[];
}

/**
 * Columns of a file of text messages. A header that names a field wins; a field that none names is in its
 * column of A to D, unless that column's header names another field.
 */
export function uploadColumnsOf(headers: string[]): UploadColumns {
  const fields = headers.map(fieldOf);
  const at: UploadColumns['at'] = {};
  for (const [position, field] of fieldsInOrder.entries()) {
    const named = fields.indexOf(field);
    const isFree = fields[position] === undefined;
    if (named >= 0) at[field] = named;
    else if (isFree) at[field] = position;
  }
  const consent = fields.flatMap((field, position) => (isConsent(field) ? [{ field, at: position }] : []));
  return { at, consent, headers };
}

/** The field of each column, as the API names it; all others are variables. */
export function uploadFieldsOf({ at, consent, headers }: UploadColumns): (string | null)[] {
  return headers.map((header, position) => {
    const field =
      fieldsInOrder.find((one) => at[one] === position) ?? consent.find((one) => one.at === position)?.field;
    return field ?? (header === '' ? null : `variables.${header}`);
  });
}
