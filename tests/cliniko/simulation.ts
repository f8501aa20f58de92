import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { inject } from 'vitest';
import { documents } from '../../core/table.ts';
import { beginSync } from '../../functions/cliniko/begin-sync.ts';
import { fail } from '../../functions/cliniko/end-sync.ts';
import { PERMANENT } from '../../functions/cliniko/faults.ts';
import { finishSync } from '../../functions/cliniko/finish-sync.ts';
import { patientsOf } from '../../functions/cliniko/keys.ts';
import type { Organization } from '../../functions/cliniko/organization.ts';
import type { StoredPatient } from '../../functions/cliniko/patient.ts';
import { putSettings } from '../../functions/cliniko/settings.ts';
import { startSync } from '../../functions/cliniko/start-sync.ts';
import { startAnotherAttempt } from '../../functions/cliniko/step.ts';
import type { Next, StepInput } from '../../functions/cliniko/step-shape.ts';
import type { Operation, SyncLog } from '../../functions/cliniko/sync-log.ts';
import { syncPage } from '../../functions/cliniko/sync-page.ts';
import { syncRemovals } from '../../functions/cliniko/sync-removals.ts';
import { type Holdings, held, type SyncState } from '../../functions/cliniko/sync-state.ts';
import { findLog, queryAll, readSnapshot } from '../../functions/cliniko/sync-store.ts';
import type { World } from '../../functions/cliniko/world.ts';
import { type Account, type AccountSpec, makeAccount } from '../../local/cliniko/account.ts';
import { answer } from '../../local/cliniko/answer.ts';
import { randomOf } from '../../local/cliniko/patients.ts';

/** A worker died: nothing it had in mind happens any more. */
class Crash extends Error {
  override readonly name = 'Crash';
}

/** How likely the worker dies around each request to the table, in the simulation that makes it. */
const dying = new AsyncLocalStorage<() => boolean>();

/** A table of our own: in those of the service its sweep would take back syncs that live in another time. */
async function newTable(keys: string[]): Promise<string> {
  const TableName = `simulated-${randomUUID()}`;
  await new DynamoDBClient({}).send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
      KeySchema: keys.map((AttributeName, n) => ({ AttributeName, KeyType: n === 0 ? 'HASH' : 'RANGE' })),
    }),
  );
  return TableName;
}

/** Lets the rules of this process use the engines of the running service. */
export async function useService(): Promise<void> {
  const endpoint = inject('awsEndpoint');
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'root',
    AWS_SECRET_ACCESS_KEY: 'local',
    CLINIKO_KEYS_SECRETS: 'simulated/',
    CLINIKO_CALLS_PER_MINUTE: '200',
    CLINIKO_BASE_URL: 'https://api.au1.cliniko.com/v1',
    // Workflows are played by the simulation.
    CLINIKO_SYNC_WORKFLOW: 'arn:aws:states:us-east-1:000000000000:stateMachine:played',
    WEBHOOK_DELIVERY_WORKFLOW: 'arn:aws:states:us-east-1:000000000000:stateMachine:played',
  });
  for (const [table, keys] of Object.entries({
    CLINIKO: ['pk', 'sk'],
    OPERATIONS: ['pk', 'sk'],
    GUARDS: ['pk'],
  }))
    process.env[`${table}_TABLE`] = await newTable(keys);
  documents().middlewareStack.add(
    (next) => async (args) => {
      if (dying.getStore()?.()) throw new Crash('before');
      const result = await next(args);
      if (dying.getStore()?.()) throw new Crash('after');
      return result;
    },
    { step: 'initialize' },
  );
}

/** The stand-in as `fetch` sees it, in virtual time. */
function fetchFrom(account: Account, clock: { now: number }): World['fetch'] {
  return async (address, init) => {
    const url = new URL(address);
    const headers = new Headers(init.headers);
    clock.now += account.spec.latency_ms;
    const given = answer(
      account,
      {
        url,
        path: url.pathname.replace(/^\/v1/, ''),
        authorization: headers.get('authorization') ?? '',
        userAgent: headers.get('user-agent') ?? '',
      },
      clock.now,
    );
    const { status, body, manner } = given;
    if (manner === 'slow_header' || manner === 'slow_body') {
      clock.now += 10_000;
      throw new DOMException('The operation was aborted due to timeout', 'TimeoutError');
    }
    if (manner) throw new TypeError('terminated');
    return new Response(body || null, { status, headers: { ...given.headers } });
  };
}

export interface Simulated {
  organization: Organization;
  account: Account;
  log: SyncLog;
  /** The log after each step. */
  history: SyncLog[];
  state: SyncState;
  /** The counts of the account that is listed. */
  counts: Holdings;
  patients: StoredPatient[];
  /** What went wrong on the way, by name. */
  trace: string[];
}

export interface Plan {
  spec: Partial<AccountSpec>;
  seed: number;
  /** How likely the worker dies around each request to the table, 0..1. */
  crashes?: number;
  /** The request to the table at which the worker dies, once, counted from the start of the sync. */
  crashAt?: number;
}

const steps = { begin: beginSync, page: syncPage, removals: syncRemovals, finish: finishSync } as const;

/** As the workflow's definition has it. */
const RETRIES = 8;

/** An account, and the time in which it is. */
interface Place {
  account: Account;
  clock: { now: number };
}

/** An organisation and its account, in a time of their own, or at the place of another organisation. */
export async function simulated({ spec, seed, crashes = 0, crashAt }: Plan, place?: Place) {
  let requests = 0;
  const dies = () => (crashAt === undefined ? random() < crashes : ++requests === crashAt);
  const random = randomOf(seed);
  const clock = place?.clock ?? { now: Date.UTC(2026, 0, 5) + Math.floor(random() * 86_400_000) };
  const complete: AccountSpec = {
    api_key: `key-${randomUUID()}-au1`,
    id: '1',
    name: 'Simulated',
    patients: 100,
    archived: 0,
    deleted: 0,
    seed,
    calls_per_minute: 200,
    latency_ms: 50,
    faults: [],
    ...spec,
  };
  const account = place?.account ?? makeAccount(complete, clock.now);
  const organization = { tenant: randomUUID(), orgId: '1' };
  const world: World = { now: () => clock.now, random, fetch: fetchFrom(account, clock) };
  const settings = { name: 'Simulated', api_key: account.spec.api_key, contact_email: 'it@example.com' };
  await putSettings(organization, settings, clock.now);

  /** Plays the workflow from the start of a sync to its end. */
  async function sync(operation: Operation = 'full_patients', firstTurn = 0): Promise<Simulated> {
    const start = await startSync(organization, operation, undefined, clock.now);
    if (start.kind !== 'started') throw new Error(start.kind);
    const history: SyncLog[] = [];
    const trace: string[] = [];
    let attempt = 1;
    let next: Next = { do: 'begin', turn: firstTurn };
    let failures = 0;
    while (next.do !== 'end') {
      if (next.until) clock.now = Math.max(clock.now, Date.parse(next.until));
      const input: StepInput = { ...organization, syncId: start.sync, attempt, turn: next.turn };
      const step: (input: StepInput, world: World) => Promise<Next> = steps[next.do];
      try {
        next = await dying.run(dies, () => step(input, world));
        failures = 0;
      } catch (error) {
        const { name } = error as Error;
        failures += 1;
        trace.push(`${name} at ${next.do}`);
        clock.now += Math.min(60_000, 1_000 * 2 ** failures) * random();
        const isFinal = PERMANENT.some((known) => known === name) || failures > RETRIES;
        if (isFinal) {
          const snapshot = await readSnapshot(organization);
          if (snapshot) await fail(snapshot, name, clock.now);
          break;
        }
        if (name === 'Crash' && (crashAt !== undefined || random() < 0.5)) {
          // The execution died with its worker, and the sweep takes the run back.
          const snapshot = await readSnapshot(organization);
          if (!snapshot?.state.run) break;
          await startAnotherAttempt(snapshot, snapshot.state.run, clock.now).catch((error: Error) =>
            // The workflow that it starts is this loop.
            trace.push(`${error.name} at take-over`),
          );
          attempt = (await readSnapshot(organization))?.state.run?.attempt ?? attempt;
          next = { do: 'begin', turn: 0 };
        }
      }
      const log = await findLog(organization, start.sync);
      if (log) history.push(log);
      const run = next.do === 'end' ? (await readSnapshot(organization))?.state.run : undefined;
      if (run && run.attempt > attempt) {
        // An execution that has become too long hands over to the next.
        trace.push('handed over');
        attempt = run.attempt;
        next = { do: 'begin', turn: 0 };
      }
    }
    const [log, snapshot] = [await findLog(organization, start.sync), await readSnapshot(organization)];
    if (!log || !snapshot) throw new Error('the log is gone');
    const patients: StoredPatient[] = [];
    for await (const page of queryAll('cliniko', patientsOf(organization, snapshot.state.account)))
      patients.push(...(page as unknown as StoredPatient[]));
    const { state } = snapshot;
    return { organization, account, log, history, state, counts: held(state), patients, trace };
  }

  return { organization, account, clock, sync };
}

const idsOf = (patients: StoredPatient[], standing: StoredPatient['standing']) =>
  patients.filter((patient) => patient.standing === standing).map(({ cliniko_id }) => cliniko_id);

/** Everything that is wrong with the end of a sync; nothing, if it kept what it promises. */
export function broken({ account, log, history, state, counts, patients, trace }: Simulated): string[] {
  const wrong: string[] = [];
  const check = (holds: boolean, what: string) => {
    if (!holds) wrong.push(what);
  };
  const upstream = account.patients
    .filter(({ archived_at }) => archived_at === null)
    .map(({ id }) => String(id));
  const archived = account.patients
    .filter(({ archived_at }) => archived_at !== null)
    .map(({ id }) => String(id));
  const [activeHere, archivedHere] = [
    new Set(idsOf(patients, 'active')),
    new Set(idsOf(patients, 'archived')),
  ];
  const deleted = new Set(account.deleted.map(({ id }) => id));
  const everHere = new Set(patients.map(({ cliniko_id }) => cliniko_id));
  check(log.status !== 'running', 'still running');
  check(state.run === null, 'still has a run');
  // A worker that dies with Cliniko's refusal in its hands takes it to the grave.
  const crashes = trace.filter((name) => name.startsWith('Crash')).length;
  check(account.early <= crashes, `${account.early} requests before an announced reset`);
  check(account.beyond === 0, `${account.beyond} requests beyond the limit`);
  check(
    counts.active === activeHere.size && counts.archived === archivedHere.size,
    'counts of patients differ',
  );
  check(
    history.every(({ progress }, n) => progress >= (history[n - 1]?.progress ?? 0)),
    'progress fell',
  );
  check(
    history.every(({ progress }) => progress <= 100),
    'progress above 100',
  );
  check(
    idsOf(patients, 'deleted').every((id) => deleted.has(id)),
    'somebody was taken for deleted who is not',
  );
  if (log.status === 'completed') {
    check(
      [...upstream, ...archived].every((id) => everHere.has(id)),
      'a patient was lost',
    );
    check(
      upstream.every((id) => activeHere.has(id) || !everHere.has(id) || log.failed > 0),
      'an active patient is not active',
    );
    check(
      [...archivedHere].every((id) => archived.includes(id) || deleted.has(id)),
      'somebody was taken for archived who is not',
    );
    const names = new Map(patients.map(({ cliniko_id, last_name }) => [cliniko_id, last_name]));
    const settled = account.patients.filter(({ updated_at }) => updated_at < log.started_at.slice(0, 19));
    check(
      log.failed > 0 ||
        settled.every(({ id, last_name }) => names.get(String(id)) === (last_name?.normalize('NFC') || null)),
      'a patient is not stored as Cliniko has it',
    );
    check(log.progress === 100 && log.found >= log.success + log.failed, 'a completed log is not at its end');
    const isFull = log.operation === 'full_patients';
    check(
      !isFull || log.success + log.failed >= upstream.length + archived.length,
      'fewer were counted than there are',
    );
    check(log.success + log.failed <= account.made, 'somebody was counted twice');
  } else check(log.fault !== null, 'a failed sync does not tell why');
  return wrong;
}
