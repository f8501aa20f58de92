import { createServer, type IncomingMessage, type Server } from 'node:http';
import { formField } from './form-field.ts';
import { readBody } from './gateway/read-body.ts';
import type { Judge } from './iam/judge.ts';
import type { Log } from './log.ts';
import { type AwsAnswer, AwsError, type AwsService, errorAnswer, Unanswered } from './services/service.ts';

/** Larger than any request body that these AWS services accept (BatchWriteItem: 16 MB). */
const bodyBytesMax = 64 * 1_048_576;

/** Dependencies of the endpoint, passed in once all services run. */
export interface Behind {
  readonly services: ReadonlyMap<string, AwsService>;
  readonly judge: Judge;
}

/**
 * The single HTTP endpoint of every AWS service of the local run. The credential scope of a request names the
 * service and the caller (the access key is the role's name); the signature itself is not checked. A request
 * for any other service is answered with NotImplemented: nothing is ever sent to the real AWS.
 */
export function awsEndpointServer(log: Log): { server: Server; open: (behind: Behind) => void } {
  let behind: Behind | undefined;

  async function answer(message: IncomingMessage): Promise<AwsAnswer> {
    const body = await readBody(message, bodyBytesMax);
    const scope = credentialScope(message, body);
    if (!scope)
      return errorAnswer(
        '',
        new AwsError('MissingAuthenticationToken', 'The request has no credential scope', 403),
      );
    const { principal, service } = scope;
    try {
      if (!behind) throw new AwsError('ServiceUnavailable', 'The local run is still starting', 503);
      const serve = behind.services.get(service);
      if (!serve) {
        log.write('aws', `${principal} called ${service}, which the local run does not have`);
        throw new AwsError('NotImplemented', `The local run has no ${service}; nothing was sent to AWS`, 501);
      }
      if (!behind.judge.knows(principal))
        throw new AwsError('UnrecognizedClientException', `No role of the stack is named ${principal}`, 403);
      const { method = 'POST', url = '/', headers } = message;
      return await serve({ principal, method, url, headers, body });
    } catch (error) {
      if (error instanceof Unanswered) throw error;
      if (error instanceof AwsError) return errorAnswer(service, error);
      log.write('aws', `${service} failed: ${String(error)}`);
      return errorAnswer(service, new AwsError('InternalServerError', `The local ${service} failed`, 500));
    }
  }

  const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, (message, response) => {
    answer(message).then(
      ({ status, headers, body }) => {
        const known = Object.entries(headers).filter(([, value]) => value !== undefined);
        const length = message.method === 'HEAD' ? [] : [['content-length', Buffer.byteLength(body)]];
        response.writeHead(status, Object.fromEntries([...known, ...length]));
        response.end(body);
      },
      // The whole request was read, so ending the response would leave the connection open.
      () => response.destroy(),
    );
  });
  return {
    server,
    open: (value) => {
      behind = value;
    },
  };
}

/**
 * Caller and service of a request, from its header, its query (presigned URL) or its form (browser upload).
 */
function credentialScope(
  { headers, url = '' }: IncomingMessage,
  body: Buffer,
): { principal: string; service: string } | undefined {
  const credential =
    /Credential=([^,\s]+)/.exec(headers.authorization ?? '')?.[1] ??
    new URLSearchParams(url.split('?')[1]).get('X-Amz-Credential') ??
    formCredential(headers['content-type'], body);
  const [principal, , , service] = credential?.split('/') ?? [];
  return principal && service ? { principal, service } : undefined;
}

/** The credential of a browser form. */
const formCredential = (contentType: string | undefined, body: Buffer): string | undefined =>
  contentType?.startsWith('multipart/form-data') ? formField(body, 'x-amz-credential') : undefined;
