import { createServer } from 'node:http';
import type { DynamoEngine } from '../dynamodb/engine.ts';
import { listen } from '../gateway/gateway.ts';
import { readBody } from '../gateway/read-body.ts';
import type { Log } from '../log.ts';
import type { AwsAnswer } from '../services/service.ts';
import type { MeteredRequest } from './capacity.ts';
import type { Meter } from './meter.ts';

/** Larger than any request that DynamoDB takes: 16 MB. */
const bodyBytesMax = 64 * 1_048_576;

/** A way to an engine on which a meter counts. */
export interface MeteredEngine extends Pick<DynamoEngine, 'host' | 'forward'> {
  /** Ends the way; the engine itself goes on. */
  close(): void;
}

/** Puts a meter in front of an engine, for requests that are forwarded and for those sent to its address. */
export async function meterEngine(
  engine: Pick<DynamoEngine, 'forward'>,
  meter: Meter,
  log: Log,
): Promise<MeteredEngine> {
  async function forward(target: string, body: Buffer | string): Promise<AwsAnswer> {
    const request = JSON.parse(String(body)) as MeteredRequest;
    const asked = JSON.stringify({ ...request, ReturnConsumedCapacity: 'INDEXES' });
    const answer = await engine.forward(target, asked);
    meter.noteUnits(target, request, answer);
    return answer;
  }
  const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, (message, response) => {
    readBody(message, bodyBytesMax)
      .then((body) => forward(String(message.headers['x-amz-target']), body))
      .then(
        ({ status, headers, body }) => {
          const known = Object.entries(headers).filter(([, value]) => value !== undefined);
          response.writeHead(status, {
            ...Object.fromEntries(known),
            'content-length': Buffer.byteLength(body),
          });
          response.end(body);
        },
        (error: unknown) => {
          log.write('meter', `A request failed: ${String(error)}`);
          response.destroy();
        },
      );
  });
  return {
    host: `127.0.0.1:${await listen(server, 0)}`,
    forward,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
