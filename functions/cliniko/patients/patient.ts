import { normalized } from '../../../core/text.ts';
import type { ReadPatient } from './patient-record.ts';

/**
 * Where a patient is at Cliniko. `rejected` marks a record that could not be stored and of which nothing is known, so that it counts once.
 */
type Standing = 'active' | 'archived' | 'deleted' | 'rejected';

/** A patient of one organisation, as it is stored. */
export interface StoredPatient {
  /** Cliniko's id, or the place of a record that has none. */
  cliniko_id: string;
  /** Our own number for it. */
  id: number;
  standing: Standing;
  first_name: string | null;
  last_name: string | null;
  email: string | null;
  phone: string | null;
  date_of_birth: string | null;
  /** When Cliniko changed it last, RFC 3339, UTC; empty as long as nothing is known. */
  updated_at: string;
  last_synced: string;
  sync_status: 'success' | 'failed';
  /** The last sync that met it. */
  seen: number;
  /** What searches look at. */
  search: string;
}

/** The sync that meets a record, and when. */
export interface Sighting {
  sync: number;
  at: string;
  standing: 'active' | 'archived';
}

/** What searches compare with: one form for upper and lower case. */
export const searchable = (value: string): string => normalized(value).toLocaleLowerCase('en');

const blankFields = {
  first_name: null,
  last_name: null,
  email: null,
  phone: null,
  date_of_birth: null,
  search: '',
};

/**
 * The patient after a sync met its record. What is stored stays if it is newer than the record, and if the record is broken.
 *
 * @param id the number for a patient that is new.
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
  const { fields } = read;
  if (known && fields.updated_at !== '' && known.updated_at > fields.updated_at) {
    return { ...known, seen: sync, last_synced: at, sync_status: 'success' };
  }
  const { first_name, last_name, email, date_of_birth, patient_phone_numbers: phone, updated_at } = fields;
  return {
    id: known?.id ?? id,
    cliniko_id,
    standing: fields.archived_at === null ? standing : 'archived',
    first_name,
    last_name,
    email,
    phone,
    date_of_birth,
    updated_at,
    last_synced: at,
    sync_status: 'success',
    seen: sync,
    search: searchable([[first_name, last_name].filter(Boolean).join(' '), email].filter(Boolean).join('\n')),
  };
}
