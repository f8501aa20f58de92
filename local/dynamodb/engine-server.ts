import { createServer } from 'node:http';
import { listen } from '../gateway/gateway.ts';
import { readBody } from '../gateway/read-body.ts';
import type { Log } from '../log.ts';
import { Unanswered } from '../services/service.ts';
import type { DynamoEngine } from './engine.ts';

/** Larger than any request that DynamoDB takes: 16 MB. */
const bodyBytesMax = 64 * 1_048_576;

/** A way to an engine with an address of its own. */
export interface EngineServer extends Pick<DynamoEngine, 'host' | 'forward'> {
  /** Ends the way; the engine itself goes on. */
  close(): void;
}

/**
 * Opens an address for requests that do not come through the AWS endpoint. The engine's checksum is left out,
 * since an answer may have been changed on its way; an answer that is lost closes its connection.
 *
 * @param name under which failed requests are logged.
 */
export async function serveEngine(
  forward: DynamoEngine['forward'],
  name: string,
  log: Log,
): Promise<EngineServer> {
  const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, (message, response) => {
    readBody(message, bodyBytesMax)
      .then((body) => forward(String(message.headers['x-amz-target']), body))
      .then(
        ({ status, headers, body }) => {
          const known = Object.entries(headers).filter(
            ([header, value]) => value !== undefined && header !== 'x-amz-crc32',
          );
          response.writeHead(status, {
            ...Object.fromEntries(known),
            'content-length': Buffer.byteLength(body),
          });
          response.end(body);
        },
        (error: unknown) => {
          if (!(error instanceof Unanswered)) log.write(name, `A request failed: ${String(error)}`);
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
