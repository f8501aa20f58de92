/**
 * The inside of one function environment: loads the handler once, then serves one invocation after the other.
 * This file is the entry of a worker thread; its environment variables, memory and end are the parent's
 * business.
 */
import { Writable } from 'node:stream';
import { parentPort, workerData } from 'node:worker_threads';
import type { FromThread, LambdaError, Setup, ToThread } from './messages.ts';
import { guardShortcut } from './shortcut.ts';

type Handler = (event: unknown, context: unknown) => unknown;
type StreamHandler = (event: unknown, answer: Writable, context: unknown) => unknown;

const setup = workerData as Setup;
const port = parentPort ?? process.exit(1);
const tell = (message: FromThread): void => port.postMessage(message);

/** Handlers that were wrapped by `awslambda.streamifyResponse`. */
const streaming = new WeakSet<object>();

/** Called when the parent took the last chunk. */
let onTaken = (): void => {};

/**
 * The stream of bytes that a streaming handler writes to. One chunk is on its way at a time: that is the
 * back-pressure.
 */
function answerStream(): Writable {
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      onTaken = done;
      tell({ type: 'chunk', bytes: chunk });
    },
  });
  // Lambda's own stream can be told a content type; behind API Gateway only the prelude counts.
  return Object.assign(stream, { setContentType: () => {} });
}

/**
 * Lambda's global for response streaming, and the prelude that API Gateway reads: JSON, then eight NUL bytes.
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
    logGroupName: `/aws/lambda/${setup.functionName}`,
    logStreamName: 'local',
    memoryLimitInMB: String(setup.memoryMb),
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function described(thrown: unknown): LambdaError {
  if (!(thrown instanceof Error)) return { errorType: typeof thrown, errorMessage: String(thrown) };
  return {
    errorType: thrown.name,
    errorMessage: thrown.message,
    trace: (thrown.stack ?? '').split('\n'),
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

async function serve(
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
      tell({ type: 'streamed' });
    } else {
      const result = await (handler as Handler)(event, context);
      // JSON.stringify answers undefined for undefined and functions; Lambda answers null.
      tell({ type: 'answer', payload: JSON.stringify(result) ?? 'null' });
    }
  } catch (thrown) {
    tell({ type: 'failure', error: described(thrown) });
  }
}

provideStreaming();
guardShortcut(setup.shortcut);
try {
  const handler = await load();
  port.on('message', (message: ToThread) => {
    if (message.type === 'taken') onTaken();
    else void serve(handler, message);
  });
  tell({ type: 'ready' });
} catch (thrown) {
  const error = described(thrown);
  const named = error.errorType.startsWith('Runtime.');
  tell({ type: 'failure', error: named ? error : { ...error, errorType: 'Runtime.ImportModuleError' } });
}
