/**
 * The inside of a function environment: lets its requests to DynamoDB go straight to the engine, which saves half of the
 * local run's work. Only what its role surely may do goes that way; everything else goes by the local AWS endpoint, which
 * judges it exactly, answers and logs.
 */
import { ClientRequest, request } from 'node:http';
import { dynamoAccesses, possibleAccesses } from '../iam/dynamodb-accesses.ts';
import type { Shortcut } from './messages.ts';

/** From here on, requests of this thread to the engine are judged where they are sent. */
export function guardShortcut({ engineHost, awsEndpoint, allowed }: Shortcut): void {
  const { end } = ClientRequest.prototype;
  // The AWS SDK sends a request's whole body by this call.
  ClientRequest.prototype.end = function judged(this: ClientRequest, ...body: unknown[]): ClientRequest {
    if (this.getHeader('host') === engineHost && !surelyAllowed(allowed, this, body[0]))
      return detour(this, awsEndpoint, body[0]);
    return Reflect.apply(end, this, body);
  } as typeof end;
}

function surelyAllowed(allowed: ReadonlySet<string>, sent: ClientRequest, body: unknown): boolean {
  const operation = String(sent.getHeader('x-amz-target')).split('.').at(-1) ?? '';
  const text = Buffer.isBuffer(body) ? body.toString('latin1') : String(body);
  const accesses = possibleAccesses(operation, text) ?? dynamoAccesses(operation, text);
  return accesses.every(({ action, resource }) => allowed.has(`${action} ${resource}`));
}

/** Sends a request to the AWS endpoint instead, and hands its answer over as if it came from where it was meant to go. */
function detour(meant: ClientRequest, awsEndpoint: string, body: unknown): ClientRequest {
  const sent = request(new URL(meant.path, awsEndpoint), {
    method: meant.method,
    headers: { ...meant.getHeaders(), host: new URL(awsEndpoint).host },
  });
  sent.on('error', (error) => meant.destroy(error));
  sent.on('response', (answer) => {
    meant.emit('response', answer);
    // Nothing was sent on it; whoever waits for it has an answer.
    meant.destroy();
  });
  sent.end(body);
  return meant;
}
