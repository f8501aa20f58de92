/**
 * Entry of a function's worker thread: loads the handler once, then serves one invocation after the other.
 * The parent sets its environment variables and memory limit, and ends it.
 */
import { Writable } from 'node:stream';
import { parentPort, workerData } from 'node:worker_threads';
import { present } from '../../core/invariant.ts';
import type { FromThread, LambdaError, Setup, ToThread } from './messages.ts';
import { guardShortcut } from './shortcut.ts';

type Handler = (event: unknown, context: unknown) => unknown;
type StreamHandler = (event: unknown, answer: Writable, context: unknown) => unknown;

const setup = workerData as Setup;
const port = present(parentPort, 'this module is the entry of a worker thread');
const post = (message: FromThread): void => port.postMessage(message);

/** Handlers wrapped by `awslambda.streamifyResponse`. */
const streaming = new WeakSet<object>();

/** Called when the parent has consumed the last chunk. */
let onTaken = (): void => {};

/** The stream that a streaming handler writes to. Only one chunk is in flight: that is the back-pressure. */
function answerStream(): Writable {
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      onTaken = done;
      post({ type: 'chunk', bytes: chunk });
    },
  });
  // Lambda's own stream has this method; behind API Gateway only the content type of the prelude counts.
  return Object.assign(stream, { setContentType: () => {} });
}

/**
 * Defines Lambda's global `awslambda` for response streaming. It writes the prelude that API Gateway reads:
 * JSON, then eight NUL bytes.
 */
function provideStreaming(): void {
  const awslambda = {
    streamifyResponse: (handler: StreamHandler): StreamHandler => {
      streaming.add(handler);
      return handler;
    },
    HttpResponseStream: {
      from(stream: Writable, prelude: unknown): Writable {
        stream.write(`${JSON.stringify(prelude)}${'\0'.repeat(8)}`);
        return stream;
      },
    },
  };
  Object.assign(globalThis, { awslambda });
}

function contextOf(requestId: string, deadline: number): object {
  return {
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: setup.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: setup.functionArn,
    logGroupName: setup.logGroup,
    logStreamName: 'local',
    memoryLimitInMB: String(setup.memoryMb),
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function lambdaErrorOf(thrown: unknown): LambdaError {
  if (!(thrown instanceof Error)) return { errorType: typeof thrown, errorMessage: String(thrown) };
  return {
    errorType: thrown.name,
    errorMessage: thrown.message,
    trace: thrown.stack?.split('\n') ?? [],
  };
}

async function load(): Promise<Handler | StreamHandler> {
  const loaded: Record<string, unknown> = await import(setup.module);
  const found =
    loaded[setup.exported] ?? (loaded.default as Record<string, unknown> | undefined)?.[setup.exported];
  if (typeof found !== 'function') {
    const missing = new Error(`${setup.exported} is undefined or not exported`);
    missing.name = 'Runtime.HandlerNotFound';
    throw missing;
  }
  return found as Handler;
}

async function runInvocation(
  handler: Handler | StreamHandler,
  { requestId, payload, deadline }: Extract<ToThread, { type: 'invoke' }>,
): Promise<void> {
  try {
    const event: unknown = JSON.parse(payload);
    const context = contextOf(requestId, deadline);
    if (streaming.has(handler)) {
      const answer = answerStream();
      const finished = new Promise<void>((resolve, reject) => {
        answer.on('finish', resolve);
        answer.on('error', reject);
      });
      await (handler as StreamHandler)(event, answer, context);
      if (!answer.writableEnded) answer.end();
      await finished;
      post({ type: 'streamed' });
    } else {
      const result = await (handler as Handler)(event, context);
      // JSON.stringify returns undefined for undefined and functions, for which Lambda answers null.
      post({ type: 'answer', payload: JSON.stringify(result) ?? 'null' });
    }
  } catch (thrown) {
    post({ type: 'failure', error: lambdaErrorOf(thrown) });
  }
}

provideStreaming();
guardShortcut(setup.shortcut, (refusal) => post({ type: 'refused', refusal }));
try {
  const handler = await load();
  port.on('message', (message: ToThread) => {
    if (message.type === 'taken') onTaken();
    else void runInvocation(handler, message);
  });
  post({ type: 'ready' });
} catch (thrown) {
  const error = lambdaErrorOf(thrown);
  const named = error.errorType.startsWith('Runtime.');
  post({ type: 'failure', error: named ? error : { ...error, errorType: 'Runtime.ImportModuleError' } });
}
