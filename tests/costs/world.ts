import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { tables, tableVariable } from '../../core/contract/resources.ts';
import { endpoints, workers } from '../../functions/index.ts';
import { functionSpecs } from '../../local/lambda/function-spec.ts';
import { makeMeter } from '../../local/meter/meter.ts';
import { projectAssembly } from '../../local/project.ts';
import { type Running, start } from '../../local/start.ts';
import { type Caller, callerOf } from '../bench/http.ts';
import { pastExecutions } from '../cliniko/executions.ts';
import { type Consumed, consumedBetween, type Reading, type Roles } from './consumed.ts';

/** A user of a tenant. */
export interface User {
  readonly tenantId: string;
  /** Also the address of the creator that the user is. */
  readonly sub: string;
  /** Calls the service as this user. @throws Error unless the answer has a status of success. */
  readonly call: Caller['call'];
}

/** A run whose consumption is counted, without schedules: who counts, invokes their functions himself. */
export interface World {
  readonly running: Running;
  /** Names of tables in contracts, by their physical names. */
  readonly tables: ReadonlyMap<string, string>;
  /** A user of a tenant of his own, unless told; of the role admin. */
  user(tenantId?: string): Promise<User>;
  /**
   * What a job consumes, from its call until nothing is consumed any more.
   *
   * @param quietMs time without consumption after which the job has ended; longer where it waits.
   */
  consumed(job: () => Promise<unknown>, quietMs?: number): Promise<Consumed>;
  stop(): Promise<void>;
}

/** Longer than a queue's pollers gather messages. */
const quietMsDefault = 2_500;

/** Time between two looks at the counts. */
const lookMs = 100;

/** Settings for more syncs than one in five minutes, which is what an organisation may start. */
export const manySyncs = { rateLimits: { 'cliniko.syncAll': 'off' } };

/** Starts the service on a folder of its own. @param settings override those of the stage. */
export async function startWorld(settings: Record<string, unknown> = {}): Promise<World> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bulkhead-costs-'));
  const meter = makeMeter();
  const assembly = await projectAssembly(settings);
  // Lets a message reach a receiver on this machine.
  const environment = { WEBHOOK_LOOPBACK: 'true' };
  const running = await start({ assembly, port: 0, dataDir, meter, environment, schedules: false });
  const roles = rolesOf(running);
  const machines = running.stack.resources('AWS::StepFunctions::StateMachine').map(({ name }) => name);

  const callers: Caller[] = [];

  const read = async (): Promise<Reading> => ({
    consumption: meter.consumed(),
    transitions: (await pastExecutions(running.awsEndpoint, machines)).reduce(
      (sum, { entered }) => sum + entered.length,
      0,
    ),
    invocations: running.calls(),
  });

  async function untilQuiet(quietMs: number): Promise<void> {
    let last = meter.consumed();
    for (let since = Date.now(); Date.now() - since < quietMs; ) {
      await pause(lookMs);
      const now = meter.consumed();
      if (!isDeepStrictEqual(now, last)) since = Date.now();
      last = now;
    }
  }

  return {
    running,
    tables: roles.tables,
    async user(tenantId = randomUUID()) {
      const sub = randomUUID();
      const token = await running.token({ sub, tenant_id: tenantId, role: 'admin', creator: sub });
      const caller = callerOf(running.url, token);
      callers.push(caller);
      return { tenantId, sub, call: caller.call };
    },
    async consumed(job, quietMs = quietMsDefault) {
      await untilQuiet(quietMs);
      const before = await read();
      await job();
      await untilQuiet(quietMs);
      return consumedBetween(before, await read(), roles);
    },
    async stop() {
      for (const { close } of callers) close();
      await running.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function rolesOf({ stack }: Running): Roles {
  const variables: Record<string, string> = Object.assign(
    {},
    ...functionSpecs(stack).map(({ environment }) => environment),
  );
  const named = (summaries: string[]): Set<string> => {
    const functions = stack.resources<{ Description?: string }>('AWS::Lambda::Function');
    const found = functions.filter(({ properties }) => summaries.includes(properties.Description ?? ''));
    return new Set(found.map(({ logicalId }) => logicalId));
  };
  const contracts = Object.values(endpoints).flatMap((system) => Object.values(system));
  const all = Object.values(workers).flatMap((system) => Object.values(system));
  return {
    tables: new Map(tables.map((name) => [variables[tableVariable(name)] ?? name, name])),
    endpoints: named(contracts.map(({ summary }) => summary)),
    queueWorkers: named(all.flatMap(({ trigger, summary }) => ('queue' in trigger ? [summary] : []))),
  };
}
