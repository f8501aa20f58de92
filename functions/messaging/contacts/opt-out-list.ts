import { Problem } from '../../../core/http/problem.ts';
import { e164Expected } from '../../../core/phone-text.ts';
import { readInternationalPhone } from '../phone.ts';

/** An entry of an opt-out list that is no phone, with its place from 1. The message quotes nothing of it. */
interface ListError {
  row: number;
  field: string;
  code: 'INVALID_PHONE';
  message: string;
}

/** The phones of an opt-out list in E.164, and its entries that are none. */
export interface OptOutList {
  phones: string[];
  errors: ListError[];
  /** Entries of the list. */
  total: number;
}

const invalidPhone = 'Invalid phone number format';

/** A number of JSON is read as its digits, since spreadsheets keep phones as numbers. */
const phoneOf = (entry: unknown): string | undefined => {
  if (typeof entry === 'string') return readInternationalPhone(entry);
  return Number.isSafeInteger(entry) ? readInternationalPhone(String(entry)) : undefined;
};

/**
 * Reads the phones of an opt-out. A bad one does not keep the others from being opted out.
 *
 * @throws Problem `invalid` if none of them is a phone.
 */
export function readPhones(asked: { phone?: unknown; phones?: unknown[] | undefined }): OptOutList {
  const isList = asked.phones !== undefined;
  const entries = asked.phones ?? (asked.phone === undefined ? [] : [asked.phone]);
  const read = entries.map((entry, index) => {
    const phone = phoneOf(entry);
    const field = isList ? `phones.${index}` : 'phone';
    const message = `${invalidPhone}: it must be ${e164Expected}`;
    return phone ?? { row: index + 1, field, code: 'INVALID_PHONE' as const, message };
  });
  const phones = read.filter((one) => typeof one === 'string');
  const errors = read.filter((one) => typeof one !== 'string');
  if (errors.length > 0 && phones.length === 0)
    throw new Problem('invalid', invalidPhone, {
      details: { field: errors[0]?.field, constraint: e164Expected },
    });
  return { phones, errors, total: entries.length };
}
