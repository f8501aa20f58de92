import * as z from 'zod';
import { stored } from '../../../core/dynamo/version.ts';
import { folded } from '../../../core/search-text.ts';
import type { ReadPatient } from './patient-record.ts';

/** A patient of an organisation as stored in `cliniko`. */
export const StoredPatient = stored(
  'patient of an organisation',
  z.object({
    /** Cliniko's id, or the place in its list of a record without one. */
    cliniko_id: z.string(),
    /** Our own number, unique within the tenant. */
    id: z.int(),
    /**
     * The patient's state at Cliniko. `rejected` is a new record that could not be stored; the item makes it
     * count only once.
     */
    standing: z.enum(['active', 'archived', 'deleted', 'rejected']),
    first_name: z.string().nullable(),
    last_name: z.string().nullable(),
    email: z.string().nullable(),
    phone: z.string().nullable(),
    date_of_birth: z.string().nullable(),
    /** Last change at Cliniko, RFC 3339, UTC; empty if unknown. */
    updated_at: z.string(),
    last_synced: z.string(),
    sync_status: z.enum(['success', 'failed']),
    /** Id of the last sync that saw it. */
    seen: z.int(),
    /** Text that searches match, in the form of `searchOf`. */
    search: z.string(),
  }),
);
export type StoredPatient = z.output<typeof StoredPatient>;

/** A sync that sees a record: its id, the time, and the list in which the record was. */
export interface Sighting {
  sync: number;
  at: string;
  standing: 'active' | 'archived';
}

/** What a search looks at, without accents and case: the full name and the e-mail address. */
const searchOf = ({
  first_name,
  last_name,
  email,
}: Pick<StoredPatient, 'first_name' | 'last_name' | 'email'>): string =>
  folded([[first_name, last_name].filter(Boolean).join(' '), email].filter(Boolean).join('\n'));

const blankFields = {
  first_name: null,
  last_name: null,
  email: null,
  phone: null,
  date_of_birth: null,
  search: '',
};

/**
 * The patient after a sync saw its record. Stored fields stay if they are newer than the record.
 *
 * @param known the stored patient; `undefined` if it is new.
 * @param id the number of a new patient.
 */
export function mergePatient(
  known: StoredPatient | undefined,
  read: ReadPatient,
  { sync, at, standing }: Sighting,
  id: number,
): StoredPatient {
  const cliniko_id = read.id;
  if ('reason' in read) {
    const old = known ?? {
      ...blankFields,
      id,
      cliniko_id,
      standing: 'rejected' as const,
      updated_at: '',
      last_synced: at,
    };
    return { ...old, sync_status: 'failed', seen: sync };
  }
  const { isArchived, ...fields } = read.fields;
  // A stored instant that has not come yet is no evidence: it would keep every later change out.
  const isNewer = known && known.updated_at > fields.updated_at && known.updated_at <= at;
  if (isNewer && fields.updated_at !== '') {
    return { ...known, seen: sync, last_synced: at, sync_status: 'success', search: searchOf(known) };
  }
  return {
    id: known?.id ?? id,
    cliniko_id,
    standing: isArchived ? 'archived' : standing,
    ...fields,
    last_synced: at,
    sync_status: 'success',
    seen: sync,
    search: searchOf(fields),
  };
}
