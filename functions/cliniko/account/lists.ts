import { ClinikoFault } from '../faults.ts';
import { patientsPerPage } from '../sync/sync-log.ts';
import type { Phase, Run } from '../sync/sync-state.ts';
import { type ClinikoAccount, type ListPage, readList } from './client.ts';
import type { ClinikoDeps } from './deps.ts';

const emptyPage: ListPage = { records: [], totalEntries: 0, next: undefined };

const query = (fields: Record<string, string>): string => new URLSearchParams(fields).toString();

/** The fields of a list's query that stay the same from page to page. Oldest first: whoever is added comes behind. */
function filterOf(phase: Phase, { since, deletedSince }: Run): Record<string, string> {
  if (phase === 'updated' || phase === 'updated_archived')
    return { sort: 'created_at', 'q[]': `updated_at:>=${withoutFraction(since)}` };
  if (phase === 'deleted')
    return deletedSince ? { 'q[]': `deleted_at:>=${withoutFraction(deletedSince)}` } : {};
  return { sort: 'created_at' };
}

/** Cliniko's documentation writes instants in whole seconds. */
const withoutFraction = (instant: string): string => instant.replace(/\.\d+Z$/, 'Z');

/** The phases that read a list, and where it is. */
const listPaths: Partial<Record<Phase, string>> = {
  active: 'patients',
  archived: 'patients/archived',
  updated: 'patients',
  updated_archived: 'patients/archived',
  deleted: 'patients/deleted',
};

/**
 * The page at which a run stands.
 *
 * @throws as `readList`; ClinikoFault `ClinikoUnavailable` for a last page that comes before Cliniko's own count is reached.
 */
export async function readPage(run: Run, account: ClinikoAccount, deps: ClinikoDeps): Promise<ListPage> {
  const { phase, page, next } = run.cursor;
  const list = listPaths[phase];
  if (!list) throw new Error(`the phase ${phase} reads no list`);
  const path = next ?? `${list}?${query({ per_page: String(patientsPerPage), ...filterOf(phase, run) })}`;
  const read = await readList(account, path, 'patients', deps);
  // Accounts without a list of archived or deleted patients have none; the counts at the end tell whether that is so.
  if (!read && phase !== 'active' && phase !== 'updated') return emptyPage;
  if (!read) throw new ClinikoFault('ClinikoRefused');
  const behind = (page - 1) * patientsPerPage + read.records.length;
  if (read.next === undefined && behind < read.totalEntries) throw new ClinikoFault('ClinikoUnavailable');
  return read;
}

/** How many Cliniko counts in a list. */
async function count(
  phase: Phase,
  filter: Record<string, string>,
  account: ClinikoAccount,
  deps: ClinikoDeps,
): Promise<number> {
  const path = `${listPaths[phase]}?${query({ per_page: '1', ...filter })}`;
  const page = await readList(account, path, 'patients', deps);
  if (!page && listPaths[phase] === listPaths.active) throw new ClinikoFault('ClinikoRefused');
  return page?.totalEntries ?? 0;
}

/** How many patients Cliniko counts: all, or for an incremental run those that changed since the last one. */
export async function countPatients(
  account: ClinikoAccount,
  deps: ClinikoDeps,
  run?: Run,
): Promise<{ active: number; archived: number }> {
  const of = (phase: Phase) =>
    count(phase, run?.operation === 'incremental_patients' ? filterOf(phase, run) : {}, account, deps);
  // Whoever is archived between two of these is counted twice rather than not at all: a sync then looks again, and misses nobody.
  const before = await of('updated_archived');
  const active = await of('updated');
  return { active, archived: Math.max(before, await of('updated_archived')) };
}

/** How many Cliniko counts as deleted, of those at whom a run looks. */
export const countDeleted = (account: ClinikoAccount, deps: ClinikoDeps, run: Run): Promise<number> =>
  count('deleted', filterOf('deleted', run), account, deps);
