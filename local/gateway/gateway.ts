import { randomUUID } from 'node:crypto';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { invariant, present } from '../../core/invariant.ts';
import { CannotStart } from '../cannot-start.ts';
import { eventBytesMax, type Fleet, isThrottled } from '../lambda/fleet.ts';
import { faultAnswer, type GatewayFault, type HttpAnswer, noSuchStage, renderProxyAnswer } from './answer.ts';
import { type GatewayRequest, gatewayRequest, proxyEvent } from './event.ts';
import { makeMatcher } from './match.ts';
import { readBody, TooLarge } from './read-body.ts';
import type { RestApi } from './rest-api.ts';
import { streamAnswer } from './stream-answer.ts';
import { NotPacked, unpack } from './unpack.ts';

/** API Gateway's limit of a request body: 10 MB. */
const bodyBytesMax = 10 * 1_048_576;

/** API Gateway's limit of the request line and all headers together: 10,240 bytes. */
const headerBytesMax = 10_240;

/** Serves one REST API by invoking the functions behind it. */
export function restApiListener(api: RestApi, fleet: Pick<Fleet, 'invoke'>): RequestListener {
  const match = makeMatcher(api.resources);

  async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const refuse = (fault: GatewayFault, request?: GatewayRequest): void => {
      const known = request ?? {
        requestId: randomUUID(),
        path: message.url ?? '/',
        method: present(message.method, 'a server sets the method of each request'),
      };
      sendAnswer(response, faultAnswer(fault, api.gatewayResponses, known));
    };
    if (headerBytes(message) > headerBytesMax) return refuse('HEADERS_TOO_LARGE');
    let body: Buffer;
    try {
      const sent = await readBody(message, bodyBytesMax);
      body = unpack(sent, message.headers['content-encoding'], bodyBytesMax);
    } catch (error) {
      if (error instanceof TooLarge) return refuse('REQUEST_TOO_LARGE');
      if (error instanceof NotPacked) return refuse('UNSUPPORTED_MEDIA_TYPE');
      throw error;
    }
    const request = gatewayRequest(api, message, body);
    if (!request) return sendAnswer(response, noSuchStage(randomUUID()));
    const found = match(request.path);
    const integration = found?.resource.methods.get(request.method) ?? found?.resource.methods.get('ANY');
    if (!found || !integration) return refuse('MISSING_AUTHENTICATION_TOKEN', request);
    if (integration.kind === 'mock')
      return sendAnswer(response, {
        status: integration.status,
        headers: Object.fromEntries(
          Object.entries(integration.headers).map(([name, value]) => [name, [value]]),
        ),
        body: Buffer.alloc(0),
      });
    const event = proxyEvent(api, found, request);
    if (Buffer.byteLength(event) > eventBytesMax) return refuse('REQUEST_TOO_LARGE', request);
    const fault = integration.streamed
      ? await streamAnswer(fleet, integration, event, request, response)
      : await bufferedAnswer(fleet, integration, event, request, response);
    if (fault) refuse(fault, request);
  }

  return (message, response) => {
    answer(message, response).catch(() => {
      // The client disconnected while it was sending, so there is no response to send.
      message.destroy();
    });
  };
}

async function bufferedAnswer(
  fleet: Pick<Fleet, 'invoke'>,
  { functionArn, timeoutMs }: { functionArn: string; timeoutMs: number },
  event: string,
  request: GatewayRequest,
  response: ServerResponse,
): Promise<GatewayFault | undefined> {
  const outcome = await within(timeoutMs, fleet.invoke(functionArn, event));
  if (!outcome) return 'INTEGRATION_TIMEOUT';
  if (isThrottled(outcome)) return 'INTEGRATION_THROTTLED';
  const rendered =
    outcome.kind === 'answer' ? renderProxyAnswer(outcome.payload, request.requestId) : undefined;
  if (!rendered) return 'BAD_INTEGRATION_ANSWER';
  sendAnswer(response, rendered);
  return;
}

/** The value of a promise, or undefined if it takes longer than `ms` milliseconds. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  const first = await Promise.race([promise, late]);
  clearTimeout(timer);
  return first;
}

function sendAnswer(response: ServerResponse, { status, headers, body }: HttpAnswer): void {
  response.writeHead(status, { ...mutable(headers), 'Content-Length': body.length });
  response.end(body);
}

/** A mutable copy: Node.js accepts lists of values, but not read-only ones. */
const mutable = (headers: HttpAnswer['headers']): Record<string, string[]> =>
  Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, [...values]]));

function headerBytes({ method = '', url = '', rawHeaders }: IncomingMessage): number {
  return rawHeaders.reduce((sum, text) => sum + Buffer.byteLength(text), method.length + url.length);
}

/**
 * Creates a server with a header limit above API Gateway's, so that API Gateway's error is sent, not Node's.
 */
export const gatewayServer = (listener: RequestListener): Server =>
  createServer({ maxHeaderSize: 64 * 1_024, requestTimeout: 0, keepAliveTimeout: 60_000 }, listener);

/**
 * Listens on the loopback interface only, so that the local run cannot be reached from a network.
 *
 * @returns the port, chosen by the operating system if it was 0.
 * @throws CannotStart if the port is in use or not permitted.
 */
export async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new CannotStart(`Port ${port} is taken: stop what uses it, or choose another with PORT=8001`)
          : new CannotStart(`Cannot listen on port ${port}: ${error.message}`),
      ),
    );
    server.listen({ port, host: '127.0.0.1' }, resolve);
  });
  const address = server.address();
  invariant(typeof address === 'object' && address, 'the server listens on a port');
  return address.port;
}
