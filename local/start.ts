import type { Server } from 'node:http';
import { join, resolve } from 'node:path';
import { awsEndpointServer } from './aws-endpoint.ts';
import { CannotStart } from './cannot-start.ts';
import { withCliniko } from './cliniko/stand-in.ts';
import { lockDataDir } from './data-dir.ts';
import { chooseEngine, type EngineChoice } from './dynamodb/choice.ts';
import { makeRefusals } from './dynamodb/refusals.ts';
import { makeStrictCheck } from './dynamodb/strict.ts';
import { createStorage, startEngines } from './engines.ts';
import { gatewayServer, listen, restApiListener } from './gateway/gateway.ts';
import { readRestApi } from './gateway/rest-api.ts';
import { allowedInDynamo } from './iam/allowed-in-dynamodb.ts';
import { makeJudge } from './iam/judge.ts';
import { type Claims, type Identity, openIdentity } from './identity.ts';
import type { InvocationOutcome } from './lambda/environment.ts';
import { type Fleet, makeFleet } from './lambda/fleet.ts';
import { functionSpecs } from './lambda/function-spec.ts';
import { threadUrl } from './lambda/thread-url.ts';
import { type LimitCounts, limitEngine, noCounts } from './limits/limited-engine.ts';
import { type Limits, noLimits } from './limits/limits.ts';
import { makeQueueFaults, type QueueFaultCounts } from './limits/queue-faults.ts';
import { withLocalRoutes } from './local-routes.ts';
import { type LogLine, makeLog } from './log.ts';
import type { Meter } from './meter/meter.ts';
import { meterEngine } from './meter/metered-engine.ts';
import type { OutboxEntry } from './outbox.ts';
import { makeServices } from './services/all-services.ts';
import { startExpiry, sweepExpired } from './services/expiry.ts';
import type { QueueEngine } from './services/queue-engine.ts';
import { makeSmsFaults } from './services/sms-faults.ts';
import { startQueuePollers } from './sources/queue-poller.ts';
import { startSchedules } from './sources/schedules.ts';
import type { WorkSource } from './sources/source.ts';
import { openStacksStandIn } from './stacks/stand-in.ts';
import { readAssembly } from './template/assembly-file.ts';
import { resolveStack, type Stack } from './template/stack.ts';

export interface StartOptions {
  /** The folder that `cdk synth` wrote. */
  readonly assembly: string;
  /** The port of the API; 0 picks a free one. Default 8000. */
  readonly port?: number;
  /** The folder of the tables, queues, secrets and keys. */
  readonly dataDir: string;
  /** The DynamoDB engine; by default the one that DYNAMODB_ENGINE or DYNAMODB_URL names, else dynoxide. */
  readonly engine?: EngineChoice;
  /** Environment variables for every Lambda, e.g. `CLINIKO_BASE_URL`; they override the template's. */
  readonly environment?: Readonly<Record<string, string>>;
  /** False to let the engine alone decide what DynamoDB takes, without the rules of AWS. Default true. */
  readonly strict?: boolean;
  /** Limits and faults of AWS; by default none, and requests take the shortest way. */
  readonly limits?: Limits | undefined;
  /** Counts what the functions consume of AWS. Without it, requests take the shortest way. */
  readonly meter?: Meter | undefined;
  /** False to leave the template's schedules out, for who invokes their functions himself. Default true. */
  readonly schedules?: boolean;
  /** Called with each log line as it is written. */
  readonly print?: (line: LogLine) => void;
}

/** A running local stack. */
export interface Running {
  /** The base URL of the API, without a trailing slash. */
  readonly url: string;
  /** The endpoint of every AWS service; the access key `root` has no IAM restrictions there. */
  readonly awsEndpoint: string;
  /** The base URL of the stand-in for a Stacks node. */
  readonly stacksUrl: string;
  /** The stack with its physical names, to find a table or queue by its logical id. */
  readonly stack: Stack;
  /** Issues an ID token as the stack's user pool would. */
  token(claims: Claims): Promise<string>;
  /** Invokes a function by logical id, name or ARN, as AWS would with this event. */
  invoke(functionId: string, event: unknown): Promise<InvocationOutcome>;
  /** Invocations of each function so far, by logical id. */
  calls(): Readonly<Record<string, number>>;
  /** Log lines of the functions and of the local run, oldest first. */
  logs(): readonly LogLine[];
  /** Changes the limits. @throws CannotStart if the run was started without any. */
  setLimits(limits: Limits): void;
  /** What the limits and faults of DynamoDB and of queues have done so far. */
  limitCounts(): Readonly<LimitCounts & QueueFaultCounts>;
  /** DynamoDB requests so far that were refused as invalid, by the rules of AWS or by the engine. */
  refused(): readonly string[];
  /** Messages that would have left the machine, newest first. */
  outbox(): readonly OutboxEntry[];
  /** The messages of a queue, by the queue's name, without receiving them. */
  inspectQueue(name: string): ReturnType<QueueEngine['queues']['inspectQueue']>;
  /** Deletes the items that have expired by now, as the sweeper does every 30 seconds. */
  sweepExpired(): Promise<void>;
  /** The process id of the DynamoDB engine; none if it was started elsewhere (DYNAMODB_URL). */
  readonly enginePid: number | undefined;
  /** Ends the DynamoDB engine at once, as `kill -9` does, unless it was started elsewhere. */
  killEngine(): void;
  /** Resolves when the engine ends; without it no request can be served. */
  readonly engineEnded: Promise<void>;
  /** Waits for work in flight, then stops everything. */
  stop(): Promise<void>;
  /** Stops everything at once, as `kill -9` would: no work in flight is finished, nothing is cleaned up. */
  crash(): Promise<void>;
}

/** The default port of the API. */
export const defaultPort = 8_000;

/**
 * Runs the resources of a synthesised template on this machine, without any network.
 *
 * Not modelled: throttling by API Gateway, usage plans and WAF; the headers that it renames in an answer
 * (`WWW-Authenticate` arrives as `x-amzn-Remapped-WWW-Authenticate` there); policies of KMS keys; alarms;
 * users and sign-in; retries of asynchronous invocations; the permissions of AWS's own services (API Gateway,
 * Events).
 * Executions of workflows end with the process. Expired items are deleted within a minute, not within days.
 *
 * @throws CannotStart with a one-line reason; everything that was already started has been stopped then.
 */
export async function start(options: StartOptions): Promise<Running> {
  const assembly = readAssembly(resolve(options.assembly));
  const dataDir = resolve(options.dataDir);
  const engine = options.engine ?? chooseEngine(process.env);
  /** Stops the parts that were started so far, in reverse order. */
  const undo: (() => unknown)[] = [];
  const unwind = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };

  try {
    const lock = lockDataDir(dataDir);
    undo.push(() => lock.unlock());
    const log = makeLog(options.print);
    const aws = awsEndpointServer(log);
    const awsEndpoint = `http://127.0.0.1:${await listen(aws.server, 0)}`;
    undo.push(() => closeServer(aws.server));
    const stack = resolveStack(assembly, awsEndpoint);
    const judge = makeJudge(stack);
    const api = readRestApi(stack);
    const specs = functionSpecs(stack);

    // The port is opened before anything slow happens, so that a port in use is reported at once.
    let answer = restApiListener(api, noFunctionsYet);
    const gateway = gatewayServer((message, response) => answer(message, response));
    const port = await listen(gateway, options.port ?? defaultPort);
    undo.push(() => closeServer(gateway));

    const starting = startEngines(engine, dataDir, log);
    // Bundled while the engines start, so that the first invocation need not wait for it.
    threadUrl();
    const engines = await starting;
    undo.push(() => engines.stop());
    const storage = await createStorage(stack, engines, dataDir, awsEndpoint);
    const identity = await openIdentity(stack, dataDir);
    const stacks = await openStacksStandIn(dataDir, log);
    undo.push(() => stacks.stop());

    const local = `http://127.0.0.1:${port}/_local`;
    const environment = {
      JWKS_URI: keysInUrl(identity.jwks),
      CLINIKO_BASE_URL: `${local}/cliniko/v1`,
      WEBHOOK_RELAY: `${local}/webhook`,
      STACKS_API_URL: stacks.url,
      ...options.environment,
    };
    const { shapes, expiring } = storage.tables;
    const strictTables = options.strict === false ? undefined : shapes;
    let limits = options.limits ?? noLimits;
    const limited = options.limits && (await limitEngine(engines.dynamo, shapes, () => limits, log));
    if (limited) {
      undo.push(() => limited.close());
      const settings = Object.entries(limits).map(([name, value]) => `${name}=${value}`);
      log.write('limits', `AWS's limits and faults are in force: ${settings.join(' ')}`);
    }
    const refusals = makeRefusals(log);
    const strict = strictTables && makeStrictCheck(strictTables, refusals);
    const metered = options.meter && (await meterEngine(limited ?? engines.dynamo, options.meter, log));
    if (metered) undo.push(() => metered.close());
    const way = metered ?? limited;
    const { host } = way ?? engines.dynamo;
    const dynamo = { host, allowedTo: allowedInDynamo(shapes, judge), strictTables };
    const executionsMax = () => limits.executionsMax;
    const fleet = makeFleet(specs, { awsEndpoint, dynamo, environment, log, refusals, executionsMax });
    undo.push(() => fleet.kill());
    const smsFaults = makeSmsFaults();
    const { services, workflows } = makeServices(stack, {
      ...{ engines, way, storage, fleet, judge, log, refusals, strict, awsEndpoint, smsFaults },
      limits: () => limits,
    });
    undo.push(() => workflows.stop());
    aws.open({ services: options.meter?.counting(services) ?? services, judge });
    const own = { identity, outbox: storage.outbox, log, refusals, smsFaults, stacks };
    answer = withCliniko(withLocalRoutes(restApiListener(api, fleet), own), dataDir);

    const queueFaults = makeQueueFaults(() => limits);
    const sources: WorkSource[] = [];
    undo.push(() => Promise.all(sources.map((source) => source.stop())));
    sources.push(startQueuePollers(stack, engines.queue, fleet, judge, log, queueFaults));
    if (options.schedules !== false) sources.push(startSchedules(stack, fleet, workflows, log));
    sources.push(startExpiry(expiring, engines.dynamo, log));

    return {
      url: `http://localhost:${port}`,
      awsEndpoint,
      stacksUrl: stacks.url,
      stack,
      enginePid: engines.dynamo.pid,
      killEngine: engines.dynamo.kill,
      engineEnded: engines.dynamo.ended,
      token: identity.token,
      invoke: (functionId, event) => fleet.invoke(functionId, JSON.stringify(event)),
      calls: fleet.calls,
      logs: log.lines,
      setLimits(changed) {
        if (!limited) throw new CannotStart('The run was started without limits');
        limits = changed;
      },
      limitCounts: () => ({ ...(limited?.counts() ?? noCounts), ...queueFaults.counts() }),
      refused: refusals.found,
      outbox: storage.outbox.entries,
      sweepExpired: () => sweepExpired(expiring, engines.dynamo),
      inspectQueue: (name) => engines.queue.queues.inspectQueue(name),
      async stop() {
        await closeServer(gateway);
        await Promise.all(sources.map((source) => source.stop()));
        await workflows.stop();
        await fleet.stop();
        await unwind();
      },
      async crash() {
        engines.dynamo.kill();
        gateway.closeAllConnections();
        aws.server.closeAllConnections();
        await fleet.kill();
        stacks.kill();
        await unwind();
      },
    };
  } catch (error) {
    await unwind();
    throw error;
  }
}

/** Answers for the functions while the engines start: each invocation fails, so the API answers 502. */
const noFunctionsYet: Pick<Fleet, 'invoke'> = {
  invoke: async () => ({
    kind: 'failure',
    error: { errorType: 'Starting', errorMessage: 'The local run is still starting' },
  }),
};

/** Interval at which a closing server looks for connections that have become idle. */
const idleCheckMs = 10;

/**
 * Closes a server after its requests in flight. Idle keep-alive connections are closed, also those that
 * become idle meanwhile.
 */
function closeServer(server: Server): Promise<void> {
  return new Promise((done) => {
    const idleCheck = setInterval(() => server.closeIdleConnections(), idleCheckMs);
    server.close(() => {
      clearInterval(idleCheck);
      done();
    });
    server.closeIdleConnections();
  });
}

/** The data folder of `npm start`, unless DATA_DIR names another. */
export const defaultDataDir = join(import.meta.dirname, '..', '.bulkhead');

/**
 * The key set as a `data:` URL (RFC 2397): a function that starts under load need not wait for the gateway
 * to answer a request for it.
 */
const keysInUrl = (jwks: Identity['jwks']): string =>
  `data:application/json,${encodeURIComponent(JSON.stringify(jwks))}`;
