/**
 * Runs in a function's thread: sends its DynamoDB requests directly to the engine, which saves half of the
 * local run's work. Only requests that the role is known to be allowed, and that AWS would take, go that way;
 * all others go to the local AWS endpoint, which judges them exactly, answers and logs.
 */
import { ClientRequest, type IncomingMessage, request } from 'node:http';
import { engineAccessKey } from '../dynamodb/forward.ts';
import { refusalIn } from '../dynamodb/refusals.ts';
import { violations } from '../dynamodb/violations.ts';
import { dynamoAccesses, possibleAccesses } from '../iam/dynamodb-accesses.ts';
import { operationIn } from '../services/service.ts';
import type { Shortcut } from './messages.ts';

/**
 * Patches this thread's HTTP client, so that requests to the engine are judged before they are sent.
 *
 * @param onRefused called with each request that the engine refuses as invalid.
 */
export function guardShortcut(
  { engineHost, awsEndpoint, allowed, strictTables }: Shortcut,
  onRefused: (refusal: string) => void,
): void {
  const { end } = ClientRequest.prototype;
  // The AWS SDK passes a request's whole body to this call.
  ClientRequest.prototype.end = function judged(this: ClientRequest, ...body: unknown[]): ClientRequest {
    if (this.getHeader('host') === engineHost) {
      const operation = operationIn(String(this.getHeader('x-amz-target')));
      const text = textOf(body[0]);
      const passes =
        surelyAllowed(allowed, operation, text) &&
        (!strictTables || violations(operation, JSON.parse(text) as object, strictTables).length === 0);
      if (!passes) return detour(this, awsEndpoint, body[0]);
      this.setHeader('authorization', forEngine(String(this.getHeader('authorization'))));
      this.once('response', (response) => {
        if (response.statusCode === 400)
          listenIn(response, (answer) => {
            const refusal = refusalIn(operation, answer);
            if (refusal) onRefused(refusal);
          });
      });
    }
    return Reflect.apply(end, this, body);
  } as typeof end;
}

/** The header of a request that was judged, with the engine's access key in place of the role's name. */
const forEngine = (authorization: string): string =>
  authorization.replace(/Credential=[^/]+/, `Credential=${engineAccessKey}`);

const utf8 = new TextDecoder();

const textOf = (body: unknown): string =>
  body instanceof Uint8Array ? utf8.decode(body) : String(body ?? '');

function surelyAllowed(allowed: ReadonlySet<string>, operation: string, text: string): boolean {
  const accesses = possibleAccesses(operation, text) ?? dynamoAccesses(operation, text);
  return accesses.every(({ action, resource }) => allowed.has(`${action} ${resource}`));
}

/** Passes on the whole body of an answer, before its reader has the end of it. */
function listenIn(response: IncomingMessage, onBody: (body: string) => void): void {
  const { emit } = response;
  const chunks: Uint8Array[] = [];
  response.emit = function heard(this: IncomingMessage, event: string | symbol, ...given: unknown[]) {
    if (event === 'data') chunks.push(given[0] as Uint8Array);
    if (event === 'end') onBody(Buffer.concat(chunks).toString());
    return Reflect.apply(emit, this, [event, ...given]);
  } as typeof emit;
}

/** Sends a request to the local AWS endpoint instead, and emits the answer on the original request. */
function detour(meant: ClientRequest, awsEndpoint: string, body: unknown): ClientRequest {
  const sent = request(new URL(meant.path, awsEndpoint), {
    method: meant.method,
    headers: { ...meant.getHeaders(), host: new URL(awsEndpoint).host },
  });
  sent.on('error', (error) => meant.destroy(error));
  sent.on('response', (answer) => {
    meant.emit('response', answer);
    // Nothing was sent on the original request, and its caller has the answer.
    meant.destroy();
  });
  sent.end(body);
  return meant;
}
