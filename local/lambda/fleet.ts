import { availableParallelism } from 'node:os';
import type { Refusals } from '../dynamodb/refusals.ts';
import type { TableShape } from '../dynamodb/table-shape.ts';
import type { Log } from '../log.ts';
import { type Environment, type InvocationOutcome, type Sink, startEnvironment } from './environment.ts';
import { type FunctionSpec, runtimeEnvironment } from './function-spec.ts';
import { watchIdleCpu } from './idle-cpu.ts';

/** All Lambda functions of the run, addressed by logical id, name or ARN. */
export interface Fleet {
  /**
   * Invokes a function with JSON text. Never rejects: a failure of the function is an outcome.
   * A streamed answer goes to `sink`; without a sink it is collected into the outcome's payload.
   */
  invoke(functionId: string, payload: string, sink?: Sink): Promise<InvocationOutcome>;
  /**
   * Invokes a function for a source that waits: where `invoke` would be throttled, it waits until an
   * invocation has finished, as Lambda's own queue for asynchronous invocations and its pollers of SQS do.
   */
  deliver(functionId: string, payload: string): Promise<InvocationOutcome>;
  /** The function with this logical id, name or ARN. */
  find(functionId: string): FunctionSpec | undefined;
  /** Invocations of each function so far, by logical id. */
  calls(): Readonly<Record<string, number>>;
  /** Waits for invocations in flight, at most 15 minutes, then ends every environment. */
  stop(): Promise<void>;
  /** Ends every environment at once, without waiting for its invocation. */
  kill(): Promise<void>;
}

/** The DynamoDB engine, and the item operations that each role may perform there. */
interface DynamoAccess {
  /** Host and port of the engine. */
  readonly host: string;
  allowedTo(role: string): ReadonlySet<string>;
  /** The tables against which requests are checked by the rules of AWS; `undefined` if they are not. */
  readonly strictTables?: readonly TableShape[] | undefined;
}

export interface FleetOptions {
  readonly awsEndpoint: string;
  readonly dynamo: DynamoAccess;
  /** Environment variables for every function; they override those of the template. */
  readonly environment: Readonly<Record<string, string>>;
  readonly log: Log;
  readonly refusals: Refusals;
  /** Invocations of all functions together that may run at one time; no limit by default. */
  readonly executionsMax?: () => number;
}

/** The outcome of an invocation beyond the limit, in the words of Lambda's Invoke. */
const throttled: InvocationOutcome = failure('TooManyRequestsException', 'Rate Exceeded.');

/** True for an invocation that never began, since too many others run. */
export const isThrottled = (outcome: InvocationOutcome): boolean => outcome === throttled;

/**
 * Environments of one function. More threads than that only share the cores of one machine and cost memory.
 */
const environmentsPerFunctionMax = 8;

/** Environments of all functions together: about 30 MB of memory each. */
const environmentsMax = 48;

/**
 * An invocation waits this time for the first environment of its function before it takes an idle second one,
 * twice the time before a third, and so on. The code of the first is hot: two environments that share the
 * work take a fifth more CPU for it.
 */
const affinityMs = 15;

/**
 * Another environment is started if no invocation of the function has finished for this time while one
 * waited: then all environments wait for I/O. A start costs more CPU than many invocations take, and each
 * environment warms up separately, so on a busy machine a queue is faster than a cold start.
 */
const quietMs = 100;

/**
 * Another environment is also started if an invocation has waited for this time although others finished:
 * then there are too few for the load. Even on a busy machine a function may have one environment per core,
 * and two per core while none of its invocations finishes.
 */
const queueMsMax = 1_000;
const cores = availableParallelism();

/**
 * The idle share (0 to 1) of the machine's CPU above which another environment may start: while no invocation
 * of the function finishes, and while they do.
 */
const spareShare = { quiet: 0.25, busy: 0.1 };

/** Pause between two starts, so that the load of the first shows in the CPU samples before the second. */
const startPauseMs = 500;

/** An environment without an invocation for this time (5 minutes) is ended. */
const idleMs = 5 * 60_000;

/** Time limit of a stop: the longest timeout that Lambda allows, 15 minutes. */
const stopMsMax = 15 * 60_000;

/** Lambda's largest event of a synchronous invocation: 6 MiB. */
export const eventBytesMax = 6_291_456;

interface Waiting {
  readonly payload: string;
  readonly sink: Sink;
  readonly resolve: (outcome: InvocationOutcome) => void;
  /** Milliseconds since the Unix epoch. */
  readonly since: number;
}
interface Member {
  readonly environment: Environment;
  busy: boolean;
  /** Time of its last finished invocation, in milliseconds since the Unix epoch. */
  idleSince: number;
}
interface Pool {
  readonly spec: FunctionSpec;
  members: Member[];
  readonly queue: Waiting[];
  timer?: NodeJS.Timeout | undefined;
  calls: number;
  /** Time of the last finished invocation, in milliseconds since the Unix epoch. */
  finishedAt: number;
}

/** Creates the fleet of these functions; an environment is started by the first invocation that needs it. */
export function makeFleet(
  specs: readonly FunctionSpec[],
  {
    awsEndpoint,
    dynamo,
    environment,
    log,
    refusals,
    executionsMax = () => Number.POSITIVE_INFINITY,
  }: FleetOptions,
): Fleet {
  const pools = new Map<string, Pool>();
  for (const spec of specs) {
    const pool: Pool = { spec, members: [], queue: [], calls: 0, finishedAt: 0 };
    pools.set(spec.logicalId, pool);
    pools.set(spec.name, pool);
  }
  const allPools = (): Set<Pool> => new Set(pools.values());
  const idleCpu = watchIdleCpu();
  let stopping = false;
  /** Time of the last start of an additional environment, in milliseconds since the Unix epoch. */
  let lastStartAt = 0;
  let executions = 0;
  /** Deliveries that wait for an execution to finish. */
  const waitingForCapacity: (() => void)[] = [];

  const find = (functionId: string): Pool | undefined => {
    const [, name = functionId] = /:function:([^:]+)/.exec(functionId) ?? [];
    return pools.get(name);
  };

  function environmentCount(): number {
    let count = 0;
    for (const pool of allPools()) count += pool.members.length;
    return count;
  }

  /** Ends the environment that has been idle longest; false if all are busy. */
  function evict(): boolean {
    const idle = [...allPools()]
      .flatMap((pool) => pool.members.filter(({ busy }) => !busy).map((member) => ({ pool, member })))
      .sort((a, b) => a.member.idleSince - b.member.idleSince)[0];
    if (!idle) return false;
    removeMember(idle.pool, idle.member);
    return true;
  }

  function removeMember(pool: Pool, member: Member): void {
    pool.members = pool.members.filter((other) => other !== member);
    void member.environment.end();
  }

  function addMember(pool: Pool): Member | undefined {
    const { spec } = pool;
    if (pool.members.length >= Math.min(spec.reservedConcurrency ?? Infinity, environmentsPerFunctionMax))
      return;
    if (environmentCount() >= environmentsMax && !evict()) return;
    const variables = {
      AWS_ENDPOINT_URL_DYNAMODB: `http://${dynamo.host}`,
      ...spec.environment,
      ...environment,
      ...runtimeEnvironment(spec, awsEndpoint),
    };
    const { host: engineHost, strictTables } = dynamo;
    const shortcut = { engineHost, awsEndpoint, allowed: dynamo.allowedTo(spec.role), strictTables };
    const member = {
      environment: startEnvironment(spec, variables, shortcut, log, refusals),
      busy: false,
      idleSince: Date.now(),
    };
    pool.members.push(member);
    return member;
  }

  /**
   * Assigns waiting invocations to idle environments; starts the first one, and more if they wait too long.
   */
  function assign(pool: Pool): void {
    // An idle environment may have died of a timer or promise that its last invocation left behind.
    pool.members = pool.members.filter(({ busy, environment }) => busy || environment.isAlive());
    if (pool.queue.length === 0) return;
    if (pool.members.length === 0) addMember(pool);
    for (const [position, member] of pool.members.entries()) {
      const [first] = pool.queue;
      if (!first) return;
      if (!member.busy && Date.now() - first.since >= position * affinityMs) run(pool, member);
    }
    if (pool.queue.length > 0)
      pool.timer ??= setTimeout(() => {
        pool.timer = undefined;
        const [first] = pool.queue;
        const member = first && needsAnother(pool, first.since) ? addMember(pool) : undefined;
        if (member) {
          lastStartAt = Date.now();
          run(pool, member);
        }
        assign(pool);
      }, affinityMs);
  }

  /** True if a function gets another environment; `since` is the arrival of its oldest waiting invocation. */
  function needsAnother({ members, finishedAt }: Pool, since: number): boolean {
    const now = Date.now();
    if (now - lastStartAt < startPauseMs) return false;
    const quiet = now - Math.max(finishedAt, since);
    if (quiet > quietMs && idleCpu.share() > spareShare.quiet) return true;
    if (now - since < queueMsMax) return false;
    const many = quiet > queueMsMax ? 2 * cores : cores;
    return members.length < many || idleCpu.share() > spareShare.busy;
  }

  function run(pool: Pool, member: Member): void {
    const waiting = pool.queue.shift();
    if (!waiting) return;
    member.busy = true;
    void member.environment.invoke(waiting.payload, waiting.sink).then((outcome) => {
      member.busy = false;
      member.idleSince = pool.finishedAt = Date.now();
      waiting.resolve(outcome);
      assign(pool);
    });
  }

  const sweeper = setInterval(() => {
    for (const pool of allPools())
      for (const member of pool.members)
        if (!member.busy && member.idleSince < Date.now() - idleMs) removeMember(pool, member);
  }, idleMs / 5);
  sweeper.unref();

  async function kill(): Promise<void> {
    stopping = true;
    for (const resume of waitingForCapacity.splice(0)) resume();
    idleCpu.stop();
    clearInterval(sweeper);
    for (const pool of allPools()) {
      clearTimeout(pool.timer);
      for (const { resolve } of pool.queue.splice(0))
        resolve(failure('Runtime.ExitError', 'The local run is ending'));
    }
    await Promise.all(
      [...allPools()].flatMap((pool) => pool.members.map(({ environment }) => environment.end())),
    );
  }

  async function execute(functionId: string, payload: string, sink?: Sink): Promise<InvocationOutcome> {
    const pool = find(functionId);
    if (!pool) return failure('ResourceNotFoundException', `Function not found: ${functionId}`);
    if (stopping) return failure('Runtime.ExitError', 'The local run is ending');
    pool.calls += 1;
    executions += 1;
    const chunks: Uint8Array[] = [];
    const gather: Sink = async (bytes) => void chunks.push(bytes);
    const outcome = await new Promise<InvocationOutcome>((resolve) => {
      pool.queue.push({ payload, sink: sink ?? gather, resolve, since: Date.now() });
      assign(pool);
    });
    executions -= 1;
    waitingForCapacity.shift()?.();
    if (outcome.kind === 'streamed' && !sink)
      return { kind: 'answer', payload: Buffer.concat(chunks).toString() };
    return outcome;
  }

  return {
    find: (functionId) => find(functionId)?.spec,
    calls: () => Object.fromEntries([...allPools()].map(({ spec, calls }) => [spec.logicalId, calls])),
    async invoke(functionId, payload, sink) {
      if (executions >= executionsMax()) return throttled;
      return execute(functionId, payload, sink);
    },
    async deliver(functionId, payload) {
      // Ends when enough others have finished, or with the run.
      while (executions >= executionsMax() && !stopping)
        await new Promise<void>((resolve) => waitingForCapacity.push(resolve));
      return execute(functionId, payload);
    },
    async stop() {
      const busy = (): boolean =>
        [...allPools()].some(
          ({ members, queue }) => queue.length > 0 || members.some((member) => member.busy),
        ) || waitingForCapacity.length > 0;
      const deadline = Date.now() + stopMsMax;
      while (busy() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
      await kill();
    },
    kill,
  };
}

function failure(errorType: string, errorMessage: string): InvocationOutcome {
  return { kind: 'failure', error: { errorType, errorMessage } };
}
