import type { ClinikoFault as Fault } from '../../local/cliniko/faults.ts';
import { randomOf } from '../../local/random.ts';
import type { Moment, Plan, Victim } from './simulation.ts';

/** Faults that pass: whatever of them comes, the sync must end as completed. */
export const passing: Record<string, Fault> = {
  'a rate limit in the middle': { name: 'rate_limited', page: 3, times: 1, seconds: 20 },
  'a rate limit whose reset is over': { name: 'rate_limited_past', page: 2, times: 2 },
  'a rate limit without a reset': { name: 'rate_limited_silent', page: 2, times: 1 },
  'a rate limit on each seventh request': { name: 'rate_limited', every: 7, seconds: 30 },
  'a rate limit with a date': { name: 'rate_limited_date', page: 2, times: 2, seconds: 30 },
  'maintenance with a date': { name: 'maintenance', page: 2, times: 2, seconds: 40 },
  'patients archived while their list is read': { name: 'archived_during_walk', page: 3, times: 1 },
  'patients added while their list is read': { name: 'created_during_walk', page: 3, times: 1 },
  'patients changed while their list is read': { name: 'updated_during_walk', page: 3, times: 1 },
  'patients deleted while their list is read': { name: 'deleted_during_walk', page: 3, times: 1 },
  'a row on two pages': { name: 'repeated_row', page: 2 },
  'a count that changes once': { name: 'total_changes', page: 2, times: 1 },
  'a count of zero on a later page': { name: 'total_zero', times: 2 },
  'a list that once ends too early': { name: 'short_list', page: 3, times: 1 },
  'server errors': { name: 'server_error', page: 4, times: 3 },
  'an error page of a proxy': { name: 'html_error', page: 2, times: 1 },
  'the page of a proxy in place of an answer': { name: 'html_page', page: 2, times: 2 },
  'connections that are closed at once': { name: 'no_answer', page: 2, times: 2 },
  'silence before an answer': { name: 'slow_header', page: 2, times: 1 },
  'silence within an answer': { name: 'slow_body', page: 2, times: 1 },
  'a cut connection': { name: 'cut_body', page: 2, times: 2 },
  'half an answer': { name: 'short_body', page: 2, times: 1 },
  'damaged compression': { name: 'bad_gzip', page: 2, times: 1 },
  'names of all kinds': { name: 'unicode' },
  'missing, empty and null fields': { name: 'sparse' },
  'ids longer than a JavaScript number': { name: 'numeric_ids' },
  'fields that cannot be stored as they are': { name: 'odd_fields' },
  'records that cannot be stored': { name: 'broken_records' },
  'patients that were merged': { name: 'merged' },
  'an answer of 6 MB once': { name: 'huge_page', page: 2, times: 1 },
  'an answer of another shape once': { name: 'wrong_schema', page: 2, times: 1 },
  'a page that once links to itself': { name: 'next_self', page: 2, times: 1 },
};

/** Faults that stay: a sync must end as failed, with the reason. */
export const lasting: [string, Fault, string][] = [
  ['a key that is revoked on page 3', { name: 'key_revoked', page: 3 }, 'CLINIKO_AUTH_FAILED'],
  ['a user without permission', { name: 'forbidden' }, 'CLINIKO_FORBIDDEN'],
  ['the wrong shard', { name: 'wrong_shard' }, 'CLINIKO_UNAVAILABLE'],
  ['an account that moved to another host', { name: 'moved' }, 'CLINIKO_UNAVAILABLE'],
  ['a rate limit without end', { name: 'rate_limited', page: 2, seconds: 60 }, 'CLINIKO_RATE_LIMITED'],
  ['server errors without end', { name: 'server_error', page: 2 }, 'CLINIKO_UNAVAILABLE'],
  ['pages that link to themselves', { name: 'next_self' }, 'CLINIKO_UNAVAILABLE'],
  ['pages that link to another host', { name: 'next_elsewhere' }, 'CLINIKO_UNAVAILABLE'],
  ['answers of another shape', { name: 'wrong_schema' }, 'CLINIKO_UNAVAILABLE'],
  ['answers without end', { name: 'huge_page' }, 'CLINIKO_UNAVAILABLE'],
  ['lists that end before everybody was shown', { name: 'short_list', page: 3 }, 'SYNC_INCOMPLETE'],
];

/** A worker that dies around this share of its requests to the table. */
export const dyingAt =
  (share: number) =>
  (_moment: Moment, random: () => number): Victim | false => {
    if (random() >= share) return false;
    return random() < 0.5 ? 'function' : 'execution';
  };

/** A fault at another place: on another page and more or less often, where it was on one page before. */
function displaced(fault: Fault, random: () => number): Fault {
  if (fault.page === undefined) return fault;
  return {
    ...fault,
    page: 1 + Math.floor(random() * 4),
    times: 1 + Math.floor(random() * (fault.times ?? 2)),
  };
}

/**
 * A mixture of six faults that pass, or of all of them, each now and then; half of the workers are mortal.
 */
export function mixture(seed: number): Plan {
  const random = randomOf(seed * 7_919);
  const all = Object.values(passing);
  const chosen = Array.from({ length: 6 }, () => all[Math.floor(random() * all.length)] as Fault);
  const faults =
    seed % 10 === 0
      ? all.map((fault) => ({ ...fault, page: undefined, times: undefined, rate: 0.02 }))
      : chosen.map((fault) => displaced(fault, random));
  const spec = {
    patients: 60 + Math.floor(random() * 200),
    archived: Math.floor(random() * 60),
    deleted: Math.floor(random() * 20),
    faults: faults as Fault[],
  };
  return { spec, seed, dies: random() < 0.5 ? dyingAt(0.01) : undefined };
}
