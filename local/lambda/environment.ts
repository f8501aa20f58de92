import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Refusals } from '../dynamodb/refusals.ts';
import type { Log } from '../log.ts';
import { arn } from '../template/resource-names.ts';
import { type FunctionSpec, moduleFiles } from './function-spec.ts';
import type { FromThread, LambdaError, Setup, Shortcut, ToThread } from './messages.ts';
import { threadUrl } from './thread-url.ts';

/** Consumer of a streamed answer; its promise is the back-pressure: it resolves when more bytes may come. */
export type Sink = (bytes: Uint8Array) => Promise<void>;

/** Result of an invocation. */
export type InvocationOutcome =
  | { readonly kind: 'answer'; readonly payload: string }
  | { readonly kind: 'streamed' }
  | { readonly kind: 'failure'; readonly error: LambdaError };

/** One execution environment of a function: a worker thread that serves one invocation at a time. */
export interface Environment {
  /** Runs one invocation and never rejects. After a failure that ends the thread, `isAlive()` is false. */
  invoke(payload: string, sink: Sink): Promise<InvocationOutcome>;
  isAlive(): boolean;
  end(): Promise<void>;
}

/**
 * The largest buffered answer: 6 MiB and 100 bytes for Lambda's own wrapping, as Lambda's error text says.
 */
const answerBytesMax = 6_291_556;

/** Time limit of the init phase (loading the code), as on Lambda. */
const initMsMax = 10_000;

/**
 * Size of V8's young generation in MB. With 8 MB the garbage of one list request is collected several times,
 * which takes a tenth of all CPU; a mostly idle thread never fills 32 MB.
 */
const youngGenerationMb = 32;

/** Starts an environment. The code loads in the background; the first invocation waits for it. */
export function startEnvironment(
  spec: FunctionSpec,
  env: Record<string, string>,
  shortcut: Shortcut,
  log: Log,
  refusals: Refusals,
): Environment {
  const files = moduleFiles(spec);
  const setup: Setup = {
    module: pathToFileURL(files.find(existsSync) ?? files[0]).href,
    exported: spec.handler.exported,
    functionName: spec.name,
    functionArn: arn('lambda', `function:${spec.name}`),
    memoryMb: spec.memoryMb,
    logGroup: spec.logGroup,
    shortcut,
  };
  const worker = new Worker(threadUrl(), {
    workerData: setup,
    env,
    execArgv: [],
    name: spec.logicalId,
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: spec.memoryMb, maxYoungGenerationSizeMb: youngGenerationMb },
  });
  for (const output of [worker.stdout, worker.stderr])
    createInterface({ input: output }).on('line', (line) => log.write(spec.logicalId, line));

  let alive = true;
  let ready = false;
  let sinkOfCall: Sink | undefined;
  let resolveCall: ((outcome: InvocationOutcome) => void) | undefined;
  let whenReady: (() => void) | undefined;
  /** The reason why the thread ended, for an invocation that comes after it. */
  let lastFailure: LambdaError | undefined;

  const finish = (outcome: InvocationOutcome): void => {
    const resolve = resolveCall;
    resolveCall = undefined;
    resolve?.(outcome);
  };

  /** Logs a failure as Lambda's runtime does; the log is the only place with its stack. */
  const logFailure = ({ errorType, errorMessage, trace = [] }: LambdaError): void =>
    log.write(spec.logicalId, [`Invoke Error ${errorType}: ${errorMessage}`, ...trace.slice(1)].join('\n'));

  const die = (error: LambdaError): void => {
    if (!alive) return;
    alive = false;
    lastFailure = error;
    logFailure(error);
    void worker.terminate();
    whenReady?.();
    finish({ kind: 'failure', error });
  };

  worker.on('message', (message: FromThread) => {
    switch (message.type) {
      case 'ready':
        ready = true;
        whenReady?.();
        break;
      case 'answer':
        finish(
          Buffer.byteLength(message.payload) > answerBytesMax
            ? tooLarge()
            : { kind: 'answer', payload: message.payload },
        );
        break;
      case 'streamed':
        finish({ kind: 'streamed' });
        break;
      case 'failure':
        if (!ready) {
          die(message.error);
        } else {
          logFailure(message.error);
          finish({ kind: 'failure', error: message.error });
        }
        break;
      case 'refused':
        refusals.add(spec.role, message.refusal);
        break;
      case 'chunk':
        void sinkOfCall?.(message.bytes).then(() => post({ type: 'taken' }));
        break;
    }
  });
  worker.on('error', (error: Error & { code?: string }) =>
    die(
      error.code === 'ERR_WORKER_OUT_OF_MEMORY'
        ? {
            errorType: 'Runtime.OutOfMemory',
            errorMessage: 'Error: Runtime exited with error: signal: killed',
          }
        : { errorType: error.name, errorMessage: error.message, trace: error.stack?.split('\n') ?? [] },
    ),
  );
  worker.on('exit', (code) =>
    die({
      errorType: 'Runtime.ExitError',
      errorMessage: `Error: Runtime exited ${code === 0 ? 'without providing a reason' : `with error: exit status ${code}`}`,
    }),
  );
  const post = (message: ToThread): void => worker.postMessage(message);

  async function untilReady(): Promise<void> {
    if (ready || !alive) return;
    const tooSlow = setTimeout(
      () =>
        die({
          errorType: 'Sandbox.Timedout',
          errorMessage: `Init timed out after ${initMsMax / 1_000} seconds`,
        }),
      initMsMax,
    );
    await new Promise<void>((resolve) => {
      whenReady = resolve;
    });
    clearTimeout(tooSlow);
  }

  return {
    isAlive: () => alive,
    async invoke(payload, sink) {
      await untilReady();
      if (!alive) return { kind: 'failure', error: lastFailure ?? ended };
      const requestId = randomUUID();
      const outcome = new Promise<InvocationOutcome>((resolve) => {
        resolveCall = resolve;
      });
      sinkOfCall = sink;
      const timer = setTimeout(() => die(timedOut(requestId, spec.timeoutMs)), spec.timeoutMs);
      post({ type: 'invoke', requestId, payload, deadline: Date.now() + spec.timeoutMs });
      const result = await outcome;
      clearTimeout(timer);
      return result;
    },
    async end() {
      alive = false;
      lastFailure = ended;
      // A terminated thread never reports that it is ready, so an invocation that waits for it is released
      // here.
      whenReady?.();
      finish({ kind: 'failure', error: ended });
      await worker.terminate();
    },
  };
}

const ended: LambdaError = { errorType: 'Runtime.ExitError', errorMessage: 'The local run is ending' };

const tooLarge = (): InvocationOutcome => ({
  kind: 'failure',
  error: {
    errorType: 'Function.ResponseSizeTooLarge',
    errorMessage: `Response payload size exceeded maximum allowed payload size (${answerBytesMax} bytes).`,
  },
});

const timedOut = (requestId: string, ms: number): LambdaError => ({
  errorType: 'Sandbox.Timedout',
  errorMessage: `RequestId: ${requestId} Error: Task timed out after ${(ms / 1_000).toFixed(2)} seconds`,
});
