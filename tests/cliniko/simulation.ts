import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { inject } from 'vitest';
import { documentClient } from '../../core/dynamo/client.ts';
import { dynamo } from '../../core/dynamo/dynamo.ts';
import { queryAll } from '../../core/dynamo/query-all.ts';
import { tableName } from '../../core/dynamo/tables.ts';
import type { ClinikoDeps } from '../../functions/cliniko/account/deps.ts';
import { putSettings } from '../../functions/cliniko/account/settings.ts';
import { beginSync } from '../../functions/cliniko/begin-sync.ts';
import { failSync } from '../../functions/cliniko/fail-sync.ts';
import { permanentFaults } from '../../functions/cliniko/faults.ts';
import { finishSync } from '../../functions/cliniko/finish-sync.ts';
import { patientsOf } from '../../functions/cliniko/keys.ts';
import type { Organization } from '../../functions/cliniko/organization.ts';
import { StoredPatient } from '../../functions/cliniko/patients/patient.ts';
import { recoverSync } from '../../functions/cliniko/sync/recover-syncs.ts';
import { startSync } from '../../functions/cliniko/sync/start-sync.ts';
import type { Next, StepInput } from '../../functions/cliniko/sync/step-shape.ts';
import type { SyncLog, SyncOperation } from '../../functions/cliniko/sync/sync-log.ts';
import { currentHoldings, type Holdings, type SyncState } from '../../functions/cliniko/sync/sync-state.ts';
import { findLog, readSnapshot } from '../../functions/cliniko/sync/sync-store.ts';
import { syncPage } from '../../functions/cliniko/sync-page.ts';
import { syncRemovals } from '../../functions/cliniko/sync-removals.ts';
import { type Account, type AccountSpec, makeAccount } from '../../local/cliniko/account.ts';
import { answer, apiKeyOf } from '../../local/cliniko/answer.ts';
import { randomOf } from '../../local/random.ts';
import { type Execution, playedWorkflows } from './played-workflows.ts';

/** A worker died: the rest of its work does not happen. */
class Crash extends Error {
  override readonly name = 'Crash';
  readonly victim: Victim;

  constructor(victim: Victim) {
    super(victim);
    this.victim = victim;
  }
}

/**
 * The part that dies: a function, which the workflow retries, or the whole execution, which only the sweep
 * detects.
 */
export type Victim = 'function' | 'execution';

/** Decides, for the simulation that sends a request to the table, whether its worker dies around it. */
const dying = new AsyncLocalStorage<() => Victim | false>();

/** Receives the executions of workflows, which the simulation plays. */
let workflows: Awaited<ReturnType<typeof playedWorkflows>>;

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
  workflows = await playedWorkflows();
  const endpoint = inject('awsEndpoint');
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'root',
    AWS_SECRET_ACCESS_KEY: 'local',
    CLINIKO_KEYS_SECRETS: 'simulated/',
    SEALING_KEY: 'alias/bulkhead-local-sealing',
    CLINIKO_CALLS_PER_MINUTE: '200',
    CLINIKO_BASE_URL: 'https://api.au1.cliniko.com/v1',
    AWS_ENDPOINT_URL_SFN: workflows.url,
    CLINIKO_SYNC_WORKFLOW: 'arn:aws:states:us-east-1:000000000000:stateMachine:played',
    WEBHOOK_DELIVERY_WORKFLOW: 'arn:aws:states:us-east-1:000000000000:stateMachine:played',
  });
  for (const [table, keys] of Object.entries({
    CLINIKO: ['pk', 'sk'],
    OPERATIONS: ['pk', 'sk'],
    WEBHOOKS: ['pk', 'sk'],
    GUARDS: ['pk'],
  }))
    process.env[`${table}_TABLE`] = await newTable(keys);
  documentClient().middlewareStack.add(
    (next) => async (args) => {
      const before = dying.getStore()?.();
      if (before) throw new Crash(before);
      const result = await next(args);
      const after = dying.getStore()?.();
      if (after) throw new Crash(after);
      return result;
    },
    { step: 'initialize' },
  );
}

/** The stand-in as `fetch` sees it, in virtual time. */
function fetchFrom(accounts: ReadonlyMap<string, Account>, clock: { now: number }): ClinikoDeps['fetch'] {
  return async (address, init) => {
    const url = new URL(address);
    const headers = new Headers(init.headers);
    const account = accounts.get(apiKeyOf(headers.get('authorization') ?? '') ?? '');
    if (!account) return new Response(null, { status: 401 });
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
    if (manner) {
      const cause = manner === 'bad_gzip' ? { code: 'Z_DATA_ERROR' } : { code: 'UND_ERR_SOCKET' };
      throw new TypeError('terminated', { cause });
    }
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
  /** Names of the errors on the way. */
  trace: string[];
  /** When the sync was asked for, in milliseconds since the epoch. */
  began: number;
}

/** A moment at which a worker may die: before or after a request to the table. */
export interface Moment {
  /** Counted from the start of the sync, and from the start of the step. */
  request: number;
  requestOfStep: number;
  /** The list and page at which the run stands. */
  place: string;
}

export interface Plan {
  spec: Partial<AccountSpec>;
  seed: number;
  /** Decides whether a worker dies at a moment; by default none does. */
  dies?: ((moment: Moment, random: () => number) => Victim | false) | undefined;
}

const steps = { begin: beginSync, page: syncPage, removals: syncRemovals, finish: finishSync } as const;

/** As the workflow's definition has it. */
const retriesMax = 8;

/** Time of a step for its calls: of the 60 seconds of its function, seven are for what follows them. */
const stepCallsMs = 53_000;

/** More steps than any of these syncs may take. */
const stepsMax = 2_000;

/** Interval of the sweep. */
const sweepMs = 60_000;

/** An account, and the time in which it is. */
interface Place {
  account: Account;
  clock: { now: number };
}

export interface SyncOptions {
  operation?: SyncOperation;
  /** Steps that the first execution has run already. */
  firstTurn?: number;
  /** Done before each step, with the number of steps so far. */
  beforeStep?: (steps: number) => Promise<void>;
}

/** An account as a plan describes it, as of an instant. */
export const accountOf = (spec: Partial<AccountSpec>, seed: number, now: number): Account =>
  makeAccount(
    {
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
    },
    now,
  );

/** An organisation and its account, in a time of their own, or at the place of another organisation. */
export async function simulated({ spec, seed, dies = () => false }: Plan, shared?: Place) {
  const random = randomOf(seed);
  const clock = shared?.clock ?? { now: Date.UTC(2026, 0, 5) + Math.floor(random() * 86_400_000) };
  const organization = { tenant: randomUUID(), orgId: '1' };
  const accounts = new Map<string, Account>();
  let stepEndsAt = Number.POSITIVE_INFINITY;
  const deps: ClinikoDeps = {
    now: () => clock.now,
    random,
    pause: async (milliseconds) => {
      clock.now += milliseconds;
    },
    fetch: fetchFrom(accounts, clock),
    callTimeoutMs: 10_000,
    callsEndAt: () => stepEndsAt,
    noteFailure: () => undefined,
    once: (_name, _shape, call) => call(),
  };
  const moment: Moment = { request: 0, requestOfStep: 0, place: '' };
  const mortal = <T>(work: () => Promise<T>): Promise<T> =>
    dying.run(() => {
      moment.request += 1;
      moment.requestOfStep += 1;
      return dies(moment, random);
    }, work);

  const account = shared?.account ?? accountOf(spec, seed, clock.now);
  let present = account;

  /** Registers the organisation with an account, or with another one in place of the one that it had. */
  async function useAccount(account: Account): Promise<void> {
    present = account;
    const { api_key } = account.spec;
    accounts.set(api_key, account);
    await putSettings(
      organization,
      { name: 'Simulated', api_key, contact_email: 'it@example.com' },
      clock.now,
    );
  }
  await useAccount(account);

  /** Number of executions started for the organisation. */
  const executions = () => workflows.count(organization.tenant);

  /** Plays the workflow from the start of a sync to its end, and the sweep each time that nothing runs. */
  async function sync(options: SyncOptions = {}): Promise<Simulated> {
    const { operation = 'full_patients', firstTurn = 0, beforeStep } = options;
    const history: SyncLog[] = [];
    const trace: string[] = [];
    const began = clock.now;
    let sync = 0;
    let done = 0;
    moment.request = 0;

    /** One execution, until it ends or dies. */
    async function play({
      input: { next: first, ...identity },
      ...execution
    }: Execution): Promise<Execution['status']> {
      let next: Next = { ...first, turn: execution.name.endsWith('-1') ? firstTurn : first.turn };
      let failures = 0;
      while (next.do !== 'end') {
        if (next.until) clock.now = Math.max(clock.now, Date.parse(next.until));
        const snapshot = await readSnapshot(organization);
        const { phase, page } = snapshot?.state.run?.cursor ?? { phase: 'none', page: 0 };
        Object.assign(moment, { requestOfStep: 0, place: `${phase} ${page}` });
        if (done > stepsMax) throw new Error(`a sync does not end: ${trace.slice(0, 50)}`);
        await beforeStep?.(done++);
        const step: (input: StepInput, deps: ClinikoDeps) => Promise<Next> = steps[next.do];
        const turn = { ...identity, turn: next.turn };
        stepEndsAt = clock.now + stepCallsMs;
        try {
          next = await mortal(() => step(turn, deps));
          failures = 0;
        } catch (error) {
          const { name } = error as Error;
          failures += 1;
          trace.push(`${name} at ${next.do}`);
          clock.now += Math.floor(Math.min(60_000, 1_000 * 2 ** failures) * random());
          if (permanentFaults.some((known) => known === name) || failures > retriesMax) {
            await failSync({ ...identity, error: name }, deps);
            return 'SUCCEEDED';
          }
          if (error instanceof Crash && error.victim === 'execution') return 'FAILED';
        }
        const present = await readSnapshot(organization);
        const log = present && (await findLog(present, sync));
        if (log) history.push(log);
      }
      return 'SUCCEEDED';
    }

    while (sync === 0) {
      const start = await mortal(() => startSync(organization, operation, undefined, clock.now)).catch(
        (error: Error) => trace.push(`${error.name} at start`),
      );
      sync = (await readSnapshot(organization))?.state.run?.sync ?? 0;
      if (sync === 0 && typeof start === 'object') throw new Error(start.kind);
    }
    for (;;) {
      const execution = workflows.running(organization.tenant);
      if (execution) {
        execution.status = await play(execution);
        continue;
      }
      if (!(await readSnapshot(organization))?.state.run) break;
      clock.now += sweepMs;
      await mortal(() => recoverSync(organization, clock.now)).then(
        () => trace.push('taken back'),
        (error: Error) => trace.push(`${error.name} at take-over`),
      );
    }
    const snapshot = await readSnapshot(organization);
    const log = snapshot && (await findLog(snapshot, sync));
    if (!log || !snapshot) throw new Error('the log is gone');
    const { state } = snapshot;
    const patients: StoredPatient[] = [];
    const query = { table: tableName('cliniko'), range: patientsOf(organization, state.account) };
    for await (const item of queryAll(dynamo(), query)) patients.push(StoredPatient.parse(item));
    return {
      organization,
      account: present,
      log,
      history,
      state,
      counts: currentHoldings(state),
      patients,
      trace,
      began,
    };
  }

  return { organization, account, clock, deps, sync, useAccount, executions };
}

const idsOf = (patients: StoredPatient[], standing: StoredPatient['standing']) =>
  patients.filter((patient) => patient.standing === standing).map(({ cliniko_id }) => cliniko_id);

/** Duration of the last counts of a sync. */
const countingMs = 300;

/** Everything that is wrong with the end of a sync; nothing, if it kept what it promises. */
export function broken({ account, log, history, state, counts, patients, trace }: Simulated): string[] {
  const wrong: string[] = [];
  const check = (holds: boolean, what: string) => {
    if (!holds) wrong.push(what);
  };
  // Patients added after the last count belong to the next sync. Instants at Cliniko are whole seconds.
  const counted = Math.floor((Date.parse(log.completed_at ?? '') - countingMs) / 1_000) * 1_000;
  const upstream = account.patients
    .filter(({ archived_at, created_at }) => archived_at === null && Date.parse(created_at) < counted)
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
      [...upstream, ...archived].filter((id) => !everHere.has(id)).length <= log.failed,
      'a patient was lost',
    );
    check(
      upstream.every((id) => activeHere.has(id) || !everHere.has(id)),
      'an active patient is not active',
    );
    check(
      [...archivedHere].every((id) => archived.includes(id) || deleted.has(id)),
      'somebody was taken for archived who is not',
    );
    const names = new Map(patients.map(({ cliniko_id, last_name }) => [cliniko_id, last_name]));
    const settled = account.patients.filter(({ updated_at }) => updated_at < log.started_at.slice(0, 19));
    check(
      settled.every(({ id, last_name }) => {
        const name = names.get(String(id));
        return name === undefined || name === (last_name?.normalize('NFC') || null);
      }),
      'a patient is not stored as Cliniko has it',
    );
    check(log.progress === 100 && log.found >= log.success + log.failed, 'a completed log is not at its end');
    const isFull = log.operation === 'full_patients';
    check(
      !isFull || log.success + log.failed >= upstream.length + archived.length,
      'fewer were counted than there are',
    );
    check(log.success <= account.made, 'somebody was counted twice');
  } else check(log.fault !== null, 'a failed sync does not tell why');
  return wrong;
}
