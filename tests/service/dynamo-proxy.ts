import { createServer } from 'node:http';
import { listen } from '../../local/gateway/gateway.ts';
import { readBody } from '../../local/gateway/read-body.ts';

/** An answer of DynamoDB in place of the engine's; `undefined` lets the request through. */
export type Fault = (operation: string, body: string) => { status: number; body: object } | undefined;

/** A proxy between functions and DynamoDB that can answer in DynamoDB's place. */
export interface DynamoProxy {
  url: string;
  /** The local AWS endpoint, to which requests go on; set it once the service runs. */
  target: string;
  fault: Fault | undefined;
  /** The operations of the requests that came so far. */
  operations: string[];
  close(): void;
}

export async function dynamoProxy(): Promise<DynamoProxy> {
  const server = createServer(async (request, response) => {
    const body = await readBody(request, 64 * 1_048_576);
    const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
    proxy.operations.push(operation);
    const faulty = proxy.fault?.(operation, body.toString());
    if (faulty) {
      response.writeHead(faulty.status, { 'Content-Type': 'application/x-amz-json-1.0' });
      return response.end(JSON.stringify(faulty.body));
    }
    const headers = new Headers();
    for (const [name, value] of Object.entries(request.headers))
      if (!['host', 'connection', 'content-length'].includes(name)) headers.set(name, String(value));
    const answer = await fetch(proxy.target, { method: 'POST', headers, body: new Uint8Array(body) });
    response.writeHead(answer.status, { 'Content-Type': answer.headers.get('content-type') ?? '' });
    return response.end(Buffer.from(await answer.arrayBuffer()));
  });
  const proxy: DynamoProxy = {
    url: `http://127.0.0.1:${await listen(server, 0)}`,
    target: '',
    fault: undefined,
    operations: [],
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return proxy;
}

const exception = (name: string, more: object = {}) => ({
  status: 400,
  body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: name, ...more },
});

/** Every request is throttled. */
export const throttled: Fault = () => exception('ProvisionedThroughputExceededException');

/** DynamoDB is down. */
export const broken: Fault = () => ({
  status: 500,
  body: { __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError', message: 'down' },
});

const writes = new Set(['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem']);

/** The partitions of one table are full: reads work, writes are refused, as by AWS at 10 GB. */
export const fullTable =
  (table: string): Fault =>
  (operation, body) => {
    if (!body.includes(table)) return undefined;
    if (writes.has(operation)) return exception('ItemCollectionSizeLimitExceededException');
    if (operation !== 'TransactWriteItems') return undefined;
    const { TransactItems } = JSON.parse(body) as { TransactItems: object[] };
    const CancellationReasons = TransactItems.map((action) =>
      JSON.stringify(action).includes(table) ? { Code: 'ItemCollectionSizeLimitExceeded' } : { Code: 'None' },
    );
    return exception('TransactionCanceledException', { CancellationReasons });
  };
