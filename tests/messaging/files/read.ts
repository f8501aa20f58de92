import { headedTable } from '../../../functions/messaging/files/header.ts';
import { fieldOf } from '../../../functions/messaging/files/header-words.ts';
import { readTable } from '../../../functions/messaging/files/table.ts';

/** A file of contacts with its header found. */
export const readFileOf = (bytes: Buffer | string) =>
  headedTable(
    readTable(bytes, (cell) => fieldOf(cell) !== undefined),
    { byPosition: false, advice: 'one of them phone_e164', rowsMax: 1_000, tooMany: 'too many' },
  );
