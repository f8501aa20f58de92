import * as z from 'zod';
import { invariant } from '../../../core/invariant.ts';
import { ClinikoFault, FailedCall } from '../faults.ts';
import { patientsPerPage } from '../sync/sync-log.ts';
import type { Phase, Run } from '../sync/sync-state.ts';
import { type ClinikoAccount, type ListPage, readList } from './client.ts';
import type { ClinikoDeps } from './deps.ts';
import { repeatCall } from './repeat-call.ts';

const emptyPage: ListPage = { records: [], totalEntries: 0, next: undefined };

const query = (fields: Record<string, string>): string => new URLSearchParams(fields).toString();

/**
 * Query fields that stay the same from page to page. Oldest first, so that new patients are added at the end.
 */
function filterOf(phase: Phase, { since, deletedSince }: Run): Record<string, string> {
  if (phase === 'updated' || phase === 'updated_archived')
    return { sort: 'created_at', 'q[]': `updated_at:>=${withoutFraction(since)}` };
  if (phase === 'deleted')
    return deletedSince ? { 'q[]': `deleted_at:>=${withoutFraction(deletedSince)}` } : {};
  return { sort: 'created_at' };
}

/** Cliniko's documentation has instants in whole seconds. */
const withoutFraction = (instant: string): string => instant.replace(/\.\d+Z$/, 'Z');

/** Paths of the lists that phases read. */
const listPaths: Partial<Record<Phase, string>> = {
  active: 'patients',
  archived: 'patients/archived',
  updated: 'patients',
  updated_archived: 'patients/archived',
  deleted: 'patients/deleted',
};

/**
 * Reads the page at a run's cursor.
 *
 * @throws as `repeatCall` and `readList`; FailedCall also if the list ends before Cliniko's own count is
 * reached.
 */
export async function readPage(run: Run, account: ClinikoAccount, deps: ClinikoDeps): Promise<ListPage> {
  const { phase, page, next } = run.cursor;
  const list = listPaths[phase];
  invariant(list, `the phase ${phase} reads no list`);
  const path = next ?? `${list}?${query({ per_page: String(patientsPerPage), ...filterOf(phase, run) })}`;
  return await repeatCall(deps, async () => {
    const read = await readList(account, path, deps);
    // An account may have no list of archived or deleted patients; the counts at the end prove it has none.
    // The list of patients, and a page that Cliniko links to, were there a moment ago.
    const wasThere = phase === 'active' || phase === 'updated' || next !== undefined;
    if (!read && wasThere) throw new FailedCall('unexpected');
    if (!read) return emptyPage;
    const readSoFar = (page - 1) * patientsPerPage + read.records.length;
    if (read.next === undefined && readSoFar < read.totalEntries) throw new FailedCall('unexpected');
    return read;
  });
}

/** Number of entries that Cliniko counts in a list. @param name of the call, unique within its step. */
async function count(
  name: string,
  phase: Phase,
  filter: Record<string, string>,
  account: ClinikoAccount,
  deps: ClinikoDeps,
): Promise<number> {
  const path = `${listPaths[phase]}?${query({ per_page: '1', ...filter })}`;
  return await deps.once(name, z.int(), () =>
    repeatCall(deps, async () => {
      const page = await readList(account, path, deps);
      if (!page && listPaths[phase] === listPaths.active) throw new ClinikoFault('ClinikoRefused');
      return page?.totalEntries ?? 0;
    }),
  );
}

/**
 * Number of patients that Cliniko counts: all, or for an incremental run those changed since the last one.
 *
 * @throws as `repeatCall` and `readList`; ClinikoFault `ClinikoRefused` if the account has no list of
 * patients.
 */
export async function countPatients(
  account: ClinikoAccount,
  deps: ClinikoDeps,
  run?: Run,
): Promise<{ active: number; archived: number }> {
  const of = (name: string, phase: Phase) =>
    count(name, phase, run?.operation === 'incremental_patients' ? filterOf(phase, run) : {}, account, deps);
  // A patient archived between two of these is counted twice rather than not at all: the sync then goes
  // another round.
  const before = await of('archived before', 'updated_archived');
  const active = await of('active', 'updated');
  return { active, archived: Math.max(before, await of('archived after', 'updated_archived')) };
}

/** Number of patients that Cliniko counts as deleted since a run's `deletedSince`. */
export const countDeleted = (account: ClinikoAccount, deps: ClinikoDeps, run: Run): Promise<number> =>
  count('deleted', 'deleted', filterOf('deleted', run), account, deps);
