import { randomOf } from '../random.ts';
import type { ArmedFault, ClinikoFault, FaultName } from './faults.ts';
import { clinikoInstant, type UpstreamPatient, upstreamPatient } from './patients.ts';

/** Parameters of an account of the stand-in. */
export interface AccountSpec {
  readonly api_key: string;
  /** Cliniko's id of the account: several keys may share one account. */
  readonly id: string;
  readonly name: string;
  /** Number of active patients; `archived` and `deleted` ones come on top. */
  readonly patients: number;
  readonly archived: number;
  readonly deleted: number;
  readonly seed: number;
  readonly calls_per_minute: number;
  /** Delay before each answer, in milliseconds. */
  readonly latency_ms: number;
  readonly faults: readonly ClinikoFault[];
}

/** State of an account: its patients, and statistics of the requests to it. */
export interface Account {
  readonly spec: AccountSpec;
  readonly faults: ArmedFault[];
  readonly random: () => number;
  /** In the order of creation. */
  patients: UpstreamPatient[];
  deleted: { id: string; deleted_at: string }[];
  /** Times of the requests of the last minute, in milliseconds since the Unix epoch. */
  recent: number[];
  /** End of the announced rate limit, in milliseconds since the Unix epoch. */
  resetAt: number;
  calls: number;
  /**
   * Requests before an announced reset (`early`) and above the limit per minute (`beyond`). Both should be 0.
   */
  early: number;
  beyond: number;
  /** Patients created so far, including deleted ones. */
  made: number;
}

const isNamed = (spec: AccountSpec, name: FaultName): boolean =>
  spec.faults.some((fault) => fault.name === name);

const yearMs = 365 * 86_400_000;

export function makeAccount(spec: AccountSpec, now: number): Account {
  const account: Account = {
    spec,
    faults: spec.faults.map((fault) => ({ ...fault, done: 0 })),
    random: randomOf(spec.seed),
    patients: [],
    deleted: [],
    recent: [],
    resetAt: 0,
    calls: 0,
    early: 0,
    beyond: 0,
    made: 0,
  };
  add(account, spec.patients + spec.archived + spec.deleted);
  // Archived and deleted patients are spread evenly over the account's history.
  const step = Math.max(1, Math.floor(account.patients.length / Math.max(1, spec.archived + spec.deleted)));
  const chosen = account.patients.filter((_, index) => index % step === 0);
  for (const patient of chosen.slice(0, spec.archived)) archive(patient, now - yearMs);
  for (const patient of chosen.slice(spec.archived, spec.archived + spec.deleted))
    remove(account, patient, now - yearMs);
  const [first, second] = chosen;
  if (isNamed(spec, 'merged') && first && second) {
    archive(first, now - yearMs);
    first.merged_at = clinikoInstant(now - yearMs);
    first.merged_with_patient = { links: { self: `https://api.au1.cliniko.com/v1/patients/${second.id}` } };
  }
  return account;
}

/** Adds patients at the end of every list; with `now` they are created at that time (in milliseconds). */
export function add(account: Account, count: number, now?: number): void {
  const traits = {
    unicode: isNamed(account.spec, 'unicode'),
    sparse: isNamed(account.spec, 'sparse'),
    numericIds: isNamed(account.spec, 'numeric_ids'),
  };
  for (let n = 0; n < count; n++) {
    const patient = upstreamPatient(account.made++, account.random, traits);
    if (now !== undefined)
      Object.assign(patient, { created_at: clinikoInstant(now), updated_at: clinikoInstant(now) });
    account.patients.push(patient);
  }
}

export function archive(patient: UpstreamPatient, now: number): void {
  Object.assign(patient, { archived_at: clinikoInstant(now), updated_at: clinikoInstant(now) });
}

export function change(patient: UpstreamPatient, now: number): void {
  Object.assign(patient, { last_name: `Changed ${now}`, updated_at: clinikoInstant(now) });
}

export function remove(account: Account, patient: UpstreamPatient, now: number): void {
  account.patients = account.patients.filter((other) => other !== patient);
  account.deleted.push({ id: String(patient.id), deleted_at: clinikoInstant(now) });
}

/** The first `count` active patients, oldest first. */
export const active = ({ patients }: Account, count = Number.POSITIVE_INFINITY): UpstreamPatient[] =>
  patients.filter(({ archived_at }) => archived_at === null).slice(0, count);
