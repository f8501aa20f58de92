import type { ServerResponse } from 'node:http';
import { type Fleet, isThrottled } from '../lambda/fleet.ts';
import { type GatewayFault, type Head, renderPrelude, renderProxyAnswer } from './answer.ts';
import type { GatewayRequest } from './event.ts';

/** Eight NUL bytes separate the prelude of a streamed answer (JSON with status and headers) from its body. */
const delimiter = Buffer.alloc(8);

/** The largest prelude (16 KiB); without the delimiter within it the answer is malformed. */
const preludeBytesMax = 16_384;

/**
 * Invokes a function and forwards its answer while the function writes it. Status and headers are in the
 * prelude, so a failure after it can only cut the stream: the client sees the connection close before the
 * last chunk.
 *
 * @returns the error to answer if nothing was sent yet.
 */
export async function streamAnswer(
  fleet: Pick<Fleet, 'invoke'>,
  { functionArn, timeoutMs }: { functionArn: string; timeoutMs: number },
  event: string,
  { requestId }: GatewayRequest,
  response: ServerResponse,
): Promise<GatewayFault | undefined> {
  let gathered = Buffer.alloc(0);
  let malformed = false;
  let timedOut = false;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => {
      timedOut = true;
      resolve('late');
    }, timeoutMs);
  });

  const write = (bytes: Uint8Array): Promise<void> =>
    new Promise((resolve) => {
      // After a disconnect the bytes are dropped; the function may still finish.
      if (response.destroyed || response.write(bytes)) return resolve();
      const done = (): void => {
        response.off('drain', done);
        response.off('close', done);
        resolve();
      };
      response.on('drain', done);
      response.on('close', done);
    });

  async function take(bytes: Uint8Array): Promise<void> {
    if (malformed || timedOut) return;
    if (response.headersSent) return write(bytes);
    gathered = Buffer.concat([gathered, bytes]);
    const end = gathered.indexOf(delimiter);
    if (end < 0) {
      malformed = gathered.length > preludeBytesMax;
      return;
    }
    const head = renderPrelude(gathered.subarray(0, end).toString(), requestId);
    if (!head) {
      malformed = true;
      return;
    }
    sendHead(response, head);
    const rest = gathered.subarray(end + delimiter.length);
    if (rest.length > 0) await write(rest);
  }

  const outcome = await Promise.race([fleet.invoke(functionArn, event, take), late]);
  clearTimeout(timer);
  if (response.headersSent) {
    if (outcome !== 'late' && outcome.kind === 'streamed') response.end();
    // Flushes the bytes written so far; the missing last chunk shows the client that the answer is
    // incomplete.
    else response.socket?.destroySoon();
    return;
  }
  if (outcome === 'late') return 'INTEGRATION_TIMEOUT';
  if (isThrottled(outcome)) return 'INTEGRATION_THROTTLED';
  // A function without streaming may have a streaming integration: its whole answer is one chunk.
  const whole = outcome.kind === 'answer' ? renderProxyAnswer(outcome.payload, requestId) : undefined;
  if (!whole) return 'BAD_INTEGRATION_ANSWER';
  sendHead(response, whole);
  response.end(whole.body);
  return;
}

function sendHead(response: ServerResponse, { status, headers }: Head): void {
  response.writeHead(
    status,
    Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, [...values]])),
  );
  // Node.js would hold the headers back until the first byte of the body.
  response.flushHeaders();
}
