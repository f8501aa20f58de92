import { present } from '../../core/invariant.ts';
import { type Account, active, add, archive, change, remove } from './account.ts';
import { type ClinikoFault, type FaultName, strikes } from './faults.ts';
import { clinikoInstant, oddRow, type UpstreamPatient } from './patients.ts';

/** Faults of the transmission. */
const manners = ['no_answer', 'slow_header', 'slow_body', 'cut_body', 'bad_gzip'] as const;

export interface StandInRequest {
  /** The requested URL, with scheme and host. */
  readonly url: URL;
  /** The path below `/v1`. */
  readonly path: string;
  readonly authorization: string;
  readonly userAgent: string;
}

export interface StandInAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  /** A fault of the transmission; without it the answer is sent normally. */
  readonly manner?: (typeof manners)[number];
}

const json = (status: number, value: unknown, headers: Record<string, string> = {}): StandInAnswer => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
});

const refusal = (status: number, message: string): StandInAnswer => json(status, { message });

/** The API key of a request: the user name of Basic authentication. */
export function apiKeyOf(authorization: string): string | undefined {
  const [, encoded = ''] = /^Basic (\S+)$/.exec(authorization) ?? [];
  const [key, password] = Buffer.from(encoded, 'base64').toString().split(':');
  return key && password === '' ? key : undefined;
}

/** True for `<name> (<e-mail address>)`. Cliniko requires both, and may block clients without them. */
function isIdentified(userAgent: string): boolean {
  const contact = userAgent.indexOf(' (', 1);
  return contact > 0 && userAgent.endsWith(')') && /.@./.test(userAgent.slice(contact + 2, -1));
}

const minuteMs = 60_000;

/**
 * Counts a request against the limit per minute; the answer is 429 if it came too early or above the limit.
 */
function limited(account: Account, now: number): StandInAnswer | undefined {
  account.calls += 1;
  if (now < account.resetAt) {
    account.early += 1;
    return tooMany(account, account.resetAt / 1_000);
  }
  account.recent = account.recent.filter((at) => at > now - minuteMs);
  if (account.recent.length < account.spec.calls_per_minute) {
    account.recent.push(now);
    return undefined;
  }
  account.beyond += 1;
  return tooMany(account, Math.ceil(((account.recent[0] ?? now) + minuteMs) / 1_000));
}

/** @param resetSeconds the announced reset, in seconds since the Unix epoch; without it none is announced. */
function tooMany(account: Account, resetSeconds: number | undefined): StandInAnswer {
  account.resetAt = resetSeconds === undefined ? 0 : resetSeconds * 1_000;
  const headers = resetSeconds === undefined ? undefined : { 'x-ratelimit-reset': String(resetSeconds) };
  return json(429, { message: 'Rate limit exceeded' }, headers);
}

/** The answer of a rate limit or of maintenance that a fault demands. */
function limitedBy(account: Account, { name, seconds = 2 }: ClinikoFault, now: number): StandInAnswer {
  const endSeconds = Math.ceil(now / 1_000) + (name === 'rate_limited_past' ? -30 : seconds);
  if (name === 'rate_limited_silent') return tooMany(account, undefined);
  if (name === 'rate_limited' || name === 'rate_limited_past') return tooMany(account, endSeconds);
  account.resetAt = endSeconds * 1_000;
  const status = name === 'maintenance' ? 503 : 429;
  return json(status, { message: 'Later' }, { 'retry-after': new Date(account.resetAt).toUTCString() });
}

/**
 * Answers a request as Cliniko would, or as one of the account's faults demands.
 *
 * @param now milliseconds since the Unix epoch.
 */
export function answer(account: Account, request: StandInRequest, now: number): StandInAnswer {
  if (!isIdentified(request.userAgent)) return refusal(403, 'Identify your application');
  const tooMuch = limited(account, now);
  if (tooMuch) return tooMuch;
  if (request.path === '/settings' || request.path === '/settings/public')
    return faultySettings(account, request.path, now);
  const list = lists[request.path];
  return list ? faulty(account, request, list, now) : refusal(404, 'Not Found');
}

/** Faults that refuse a request; without a bound they refuse every one, also for the settings. */
const refusingFaults: readonly FaultName[] = ['key_revoked', 'forbidden', 'wrong_shard', 'moved'];

const limitingFaults: readonly FaultName[] = [
  'rate_limited',
  'rate_limited_past',
  'rate_limited_silent',
  'rate_limited_date',
  'maintenance',
];

/** Faults of servers, which may also strike requests for the settings. */
const serverFaults: readonly FaultName[] = [
  ...limitingFaults,
  'server_error',
  'html_error',
  'html_page',
  'wrong_schema',
  'short_body',
  ...manners,
];

const isRecurring = ({ every, rate }: ClinikoFault): boolean => every !== undefined || rate !== undefined;
const isUnbounded = ({ page, after, times }: ClinikoFault): boolean => (page ?? after ?? times) === undefined;

/** The settings, or one of the faults that are not bound to a place or number of requests. */
function faultySettings(account: Account, path: string, now: number): StandInAnswer {
  const struck = account.faults.filter(
    (fault) =>
      ((serverFaults.includes(fault.name) && isRecurring(fault)) ||
        (refusingFaults.includes(fault.name) && (isRecurring(fault) || isUnbounded(fault)))) &&
      strikes(fault, account.calls, 1, account.random),
  );
  const has = (name: FaultName): boolean => struck.some((fault) => fault.name === name);
  return failed(account, struck, now) ?? spoiled(settings(account, path), has);
}

/** The answer of a server that does not get to the data; `undefined` if none of its faults strikes. */
function failed(account: Account, struck: readonly ClinikoFault[], now: number): StandInAnswer | undefined {
  const has = (name: FaultName): boolean => struck.some((fault) => fault.name === name);
  const limit = struck.find(({ name }) => limitingFaults.includes(name));
  if (limit) return limitedBy(account, limit, now);
  if (has('key_revoked')) return refusal(401, 'Unauthorized');
  if (has('wrong_shard')) return refusal(404, 'Not Found');
  if (has('moved'))
    return { status: 301, headers: { location: 'https://elsewhere.example.com/v1/patients' }, body: '' };
  if (has('forbidden')) return refusal(403, 'Forbidden');
  if (has('server_error'))
    return refusal(present([500, 502, 503][account.calls % 3], 'the index is below 3'), 'Server error');
  if (has('html_error'))
    return { status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>Bad gateway</h1>' };
  if (has('html_page'))
    return { status: 200, headers: { 'content-type': 'text/html' }, body: '<h1>Please wait</h1>' };
  if (has('wrong_schema')) return json(200, { people: [] });
  return undefined;
}

/** An answer as it arrives. */
function spoiled(answer: StandInAnswer, has: (name: FaultName) => boolean): StandInAnswer {
  if (has('short_body')) return { ...answer, body: answer.body.slice(0, answer.body.length / 2) };
  const manner = manners.find(has);
  return manner ? { ...answer, manner } : answer;
}

function settings({ spec }: Account, path: string): StandInAnswer {
  if (path === '/settings' && spec.faults.some(({ name }) => name === 'settings_forbidden'))
    return refusal(403, 'Forbidden');
  const account = {
    id: spec.id,
    name: spec.name,
    subdomain: 'demo',
    country: 'Australia',
    time_zone: 'Australia/Sydney',
  };
  return json(200, { account });
}

interface ListRow {
  readonly [field: string]: unknown;
}
type List = (account: Account) => { rows: ListRow[]; filters: readonly string[] };

const patientFields = [
  'created_at',
  'date_of_birth',
  'email',
  'first_name',
  'id',
  'last_name',
  'old_reference_id',
  'updated_at',
];

const asRow = (patient: UpstreamPatient): ListRow => ({ ...patient });

const lists: Readonly<Record<string, List>> = {
  '/patients': (account) => ({ rows: active(account).map(asRow), filters: patientFields }),
  '/patients/archived': ({ patients }) => ({
    rows: patients.filter(({ archived_at }) => archived_at !== null).map(asRow),
    filters: patientFields,
  }),
  '/patients/deleted': ({ deleted }) => ({
    rows: deleted.map(({ id, deleted_at }) => ({
      deleted_at,
      links: { self: `https://api.au1.cliniko.com/v1/patients/${id}` },
    })),
    filters: ['deleted_at', 'id'],
  }),
};

/** Patients that one fault changes at a time. */
const patientsPerDrift = 30;

/** Faults that change an account while its lists are being read. */
const drifts: Partial<Record<FaultName, (account: Account, now: number) => void>> = {
  archived_during_walk: (account, now) => {
    for (const patient of active(account, 30)) archive(patient, now);
  },
  created_during_walk: (account, now) => add(account, patientsPerDrift, now),
  updated_during_walk: (account, now) => {
    for (const patient of active(account, 30)) change(patient, now);
  },
  deleted_during_walk: (account, now) => {
    for (const patient of active(account, 30)) remove(account, patient, now);
  },
};

/** A page of a list, changed or replaced by the faults that strike. */
function faulty(account: Account, request: StandInRequest, list: List, now: number): StandInAnswer {
  const pageNumber = Number(request.url.searchParams.get('page') ?? '1');
  const struck = account.faults.filter((fault) => strikes(fault, account.calls, pageNumber, account.random));
  const has = (name: FaultName): boolean => struck.some((fault) => fault.name === name);
  for (const { name } of struck) drifts[name]?.(account, now);
  const failure = failed(account, struck, now);
  if (failure) return failure;
  if (has('huge_page')) return json(200, { patients: ['x'.repeat(6_000_000)], total_entries: 1, links: {} });
  const page = pageOf(account, request, list);
  if ('status' in page) return page;
  const sent = {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: jsonOf(account, misled(account, request, page, has)),
  };
  return spoiled(sent, has);
}

interface Page {
  patients: ListRow[];
  total_entries: number;
  links: { self: string; next?: string; previous?: string };
}

/** The JSON of a page. Numeric ids exceed JavaScript's safe integers, so they are unquoted in the text. */
const jsonOf = ({ spec }: Account, page: Page): string => {
  const written = JSON.stringify(page);
  return spec.faults.some(({ name }) => name === 'numeric_ids')
    ? written.replace(/"id":"(\d+)"/g, '"id":$1')
    : written;
};

/** The page with the wrong rows, totals and links of the faults that strike. */
function misled(
  account: Account,
  { url }: StandInRequest,
  page: Page,
  has: (name: FaultName) => boolean,
): Page {
  const number = Number(url.searchParams.get('page') ?? '1');
  const { self } = page.links;
  let changed = page;
  if (has('repeated_row') && page.patients[0])
    changed = { ...changed, patients: [page.patients[0], ...changed.patients] };
  if (has('odd_fields')) changed = { ...changed, patients: changed.patients.map(oddRow) };
  if (has('broken_records'))
    changed = {
      ...changed,
      patients: changed.patients.map((row) => (String(row.id).endsWith('3') ? { ...row, id: null } : row)),
    };
  if (has('total_changes'))
    changed = { ...changed, total_entries: changed.total_entries + Math.ceil(account.random() * 5) };
  if (has('total_zero') && number > 1) changed = { ...changed, total_entries: 0 };
  if (has('short_list') && number > 1) changed = { patients: [], total_entries: 0, links: { self } };
  if (has('next_self')) changed = { ...changed, links: { self, next: self } };
  if (has('next_elsewhere'))
    changed = { ...changed, links: { self, next: 'https://elsewhere.example.com/v1/patients?page=2' } };
  return changed;
}

/** A filter `field:>=value`, with Cliniko's operators for instants and numbers, and equality. */
const filterPattern = /^(?<field>\w+):(?<operator>>=|<=|>|<|=)?(?<value>.+)$/;

const compare: Readonly<Record<string, (left: string, right: string) => boolean>> = {
  '>=': (left, right) => left >= right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '<': (left, right) => left < right,
  '=': (left, right) => left === right,
};

function pageOf(account: Account, { url }: StandInRequest, list: List): Page | StandInAnswer {
  const { rows, filters } = list(account);
  const number = (name: string, otherwise: number) => Number(url.searchParams.get(name) ?? otherwise);
  const perPage = Math.min(100, number('per_page', 50));
  const page = number('page', 1);
  if (!Number.isInteger(perPage) || perPage < 1 || !Number.isInteger(page) || page < 1)
    return refusal(400, 'Bad pagination');
  let found = rows;
  for (const filter of url.searchParams.getAll('q[]')) {
    const { field = '', operator = '=', value = '' } = filterPattern.exec(filter)?.groups ?? {};
    const holds = compare[operator];
    if (!filters.includes(field) || !holds) return refusal(400, `Unknown filter ${field}`);
    found = found.filter((row) => holds(String(row[field] ?? ''), value));
  }
  const [column = 'created_at', direction] = (url.searchParams.get('sort') ?? 'created_at').split(':');
  const sign = direction === 'desc' || url.searchParams.get('order') === 'desc' ? -1 : 1;
  const order = (row: ListRow) => String(row[column] ?? '');
  found = found.toSorted(
    (one, other) => sign * (order(one) < order(other) ? -1 : order(one) > order(other) ? 1 : 0),
  );
  const at = (n: number): string => {
    const link = new URL(url);
    link.searchParams.set('page', String(n));
    return link.href;
  };
  return {
    patients: found.slice((page - 1) * perPage, page * perPage),
    total_entries: found.length,
    links: {
      self: at(page),
      ...(page * perPage < found.length ? { next: at(page + 1) } : {}),
      ...(page > 1 ? { previous: at(page - 1) } : {}),
    },
  };
}

/** The state of an account, for tests that compare it with the result of a synchronisation. */
export const inside = (account: Account): object => ({
  ...account.spec,
  calls: account.calls,
  early: account.early,
  beyond: account.beyond,
  active: active(account).length,
  archived_ids: account.patients.filter(({ archived_at }) => archived_at !== null).map(({ id }) => id),
  deleted_ids: account.deleted.map(({ id }) => id),
  now: clinikoInstant(Date.now()),
});
