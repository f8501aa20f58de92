import { readRows } from '../../../functions/messaging/files/rows.ts';

/** A file of contacts with its header found. */
export const readFileOf = (bytes: Buffer | string) =>
  readRows(bytes, {
    byPosition: false,
    advice: 'one of them phone_e164',
    rowsMax: 1_000,
    tooMany: 'too many',
  });
