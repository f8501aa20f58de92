import { timestamp } from '../../../core/clock.ts';
import { dynamo } from '../../../core/dynamo/dynamo.ts';
import { inRange } from '../../../core/dynamo/query-all.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { wordsOf } from '../../../core/search-text.ts';
import { normalized } from '../../../core/text.ts';
import { patientsOf } from '../keys.ts';
import { currentHoldings } from '../sync/sync-state.ts';
import type { Snapshot } from '../sync/sync-store.ts';
import { StoredPatient } from './patient.ts';

interface ListQuery {
  limit: number;
  offset: number;
  search?: string | undefined;
  last_synced_after?: string | undefined;
}

/** Patients that one Query reads, until the page is full. */
const patientsPerQuery = 500;

/**
 * The filter of a Query: active patients whose name or address has every word of the search, and who were
 * synced after an instant.
 *
 * @param foundSameAt end of the last full sync, RFC 3339; `null` before the first.
 */
function filterOf({ search, last_synced_after }: ListQuery, foundSameAt: string | null) {
  const conditions = ['standing = :active'];
  const values: Record<string, string> = { ':active': 'active' };
  const words = wordsOf(search ?? '');
  if (search && words.length > 0) {
    const all = words.map((word, n) => {
      values[`:word${n}`] = word;
      return `contains(#search, :word${n})`;
    });
    // Patients stored before searches ignored accents have a text with them, until the next sync.
    values[':written'] = normalized(search.trim()).toLocaleLowerCase('en');
    conditions.push(`(${all.join(' AND ')} OR contains(#search, :written))`);
  }
  if (last_synced_after) {
    const after = timestamp(Date.parse(last_synced_after));
    values[':after'] = after;
    // Of those that the last full sync left as they were, a patient whose record could not be stored is none.
    const wereFound = foundSameAt !== null && foundSameAt > after;
    if (wereFound) values[':success'] = 'success';
    conditions.push(wereFound ? '(last_synced > :after OR sync_status = :success)' : 'last_synced > :after');
  }
  return {
    FilterExpression: conditions.join(' AND '),
    values,
    ...(words.length > 0 ? { ExpressionAttributeNames: { '#search': 'search' } } : {}),
  };
}

/**
 * When a patient was last known to be as Cliniko has it: when a sync stored it, or found it the same. A full
 * sync finds all of them, and writes only who changed.
 */
function lastSyncedOf({ last_synced, sync_status }: StoredPatient, foundSameAt: string | null): string {
  const isFound = sync_status === 'success' && foundSameAt !== null && foundSameAt > last_synced;
  return isFound ? foundSameAt : last_synced;
}

const patientToReply = (patient: StoredPatient, foundSameAt: string | null) => ({
  id: patient.id,
  cliniko_patient_id: patient.cliniko_id,
  first_name: patient.first_name,
  last_name: patient.last_name,
  email: patient.email,
  phone: patient.phone,
  date_of_birth: patient.date_of_birth,
  last_synced: lastSyncedOf(patient, foundSameAt),
  sync_status: patient.sync_status,
});

/**
 * One page of the active patients of the listed account in the order of Cliniko's ids, and the number of all
 * that match. Only a search reads the list to its end: without one, the stored counts give the number.
 */
export async function listPatients({ organization, state }: Snapshot, query: ListQuery) {
  const { limit, offset, search, last_synced_after } = query;
  const isSearch = Boolean(search) || last_synced_after !== undefined;
  const { active, foundSameAt } = currentHoldings(state);
  const { values, ...filter } = filterOf(query, foundSameAt);
  const { KeyConditionExpression, ExpressionAttributeValues } = inRange(
    patientsOf(organization, state.account),
  );
  const matches: StoredPatient[] = [];
  let matched = 0;
  let from: Record<string, unknown> | undefined;
  // Ends with the partition: each page begins behind the last.
  do {
    // Patients that are certainly before or behind the page are only counted: COUNT returns no attributes.
    const isSkipping = matched + patientsPerQuery <= offset;
    const isBehind = matches.length === limit;
    const onlyCount = isSkipping || isBehind;
    const { items, count, next } = await dynamo().query({
      TableName: tableName('cliniko'),
      KeyConditionExpression,
      ExpressionAttributeValues: { ...ExpressionAttributeValues, ...values },
      ...filter,
      ...(onlyCount ? { Select: 'COUNT' } : {}),
      ...(isBehind ? {} : { Limit: patientsPerQuery }),
      ExclusiveStartKey: from,
    });
    const first = Math.max(0, offset - matched);
    const page = items.slice(first, first + limit - matches.length);
    matches.push(...page.map((item) => StoredPatient.parse(item)));
    matched += count;
    from = next;
  } while (from && (isSearch || matches.length < limit));
  const patients = matches.map((patient) => patientToReply(patient, foundSameAt));
  return { patients, total: isSearch ? matched : active };
}
