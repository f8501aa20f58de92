import { type Agent, request } from 'node:http';
import { region } from '../account.ts';
import type { AwsAnswer } from '../services/service.ts';

/**
 * The access key of every request to an engine. Engines verify no signature, but DynamoDB Local refuses keys
 * with other characters than letters and digits, and ours are the names of roles. Callers are judged before.
 */
export const engineAccessKey = 'local';

const headersOfAll = {
  'content-type': 'application/x-amz-json-1.0',
  authorization: `AWS4-HMAC-SHA256 Credential=${engineAccessKey}/20260101/${region}/dynamodb/aws4_request, SignedHeaders=host, Signature=0`,
  'x-amz-date': '20260101T000000Z',
};

/** Sends a request to the engine at `host:port`; the answer is returned unchanged. */
export function forward(
  agent: Agent,
  host: string,
  target: string,
  body: Buffer | string,
): Promise<AwsAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `http://${host}/`,
      {
        agent,
        method: 'POST',
        headers: { ...headersOfAll, 'x-amz-target': target, 'content-length': Buffer.byteLength(body) },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 500,
            headers: passedOn(incoming.headers),
            body: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks),
          }),
        );
        incoming.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** The headers of an answer that clients read; the server sets length and connection itself. */
function passedOn(headers: Readonly<Record<string, string | string[] | undefined>>): AwsAnswer['headers'] {
  return {
    'content-type': headers['content-type'],
    'x-amzn-requestid': headers['x-amzn-requestid'],
    'x-amz-crc32': headers['x-amz-crc32'],
    'x-amzn-errortype': headers['x-amzn-errortype'],
  };
}
