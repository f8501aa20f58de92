import { createServer } from 'node:http';
import { onTestFinished } from 'vitest';
import { tables } from '../../core/contract/resources.ts';
import { chooseEngine } from '../../local/dynamodb/choice.ts';
import { startProgram } from '../../local/dynamodb/program.ts';
import { listen } from '../../local/gateway/gateway.ts';
import { readBody } from '../../local/gateway/read-body.ts';

/** Capacity units by the table's name in contracts. */
export type UnitsByTable = Record<string, { read: number; write: number }>;

/** An engine that counts the units that each request consumed, as it reports them itself. */
export interface CountedEngine {
  /** For the option `engine` of a service. */
  url: URL;
  /** What a piece of work consumes until it returns. */
  consumedBy(work: () => Promise<unknown>): Promise<UnitsByTable>;
}

interface Reported {
  TableName?: string;
  CapacityUnits?: number;
}

const reads = new Set(['GetItem', 'BatchGetItem', 'Query', 'Scan', 'TransactGetItems']);

/** Physical names hold the one of the contract. */
const contractName = (name: string): string => tables.find((one) => name.includes(one)) ?? name;

/** Starts an engine in memory with a counter in front of it; both end with the test. */
export async function countedEngine(): Promise<CountedEngine> {
  const program = chooseEngine(process.env);
  if (program instanceof URL) throw new Error('DYNAMODB_URL is set: this needs an engine of its own');
  const engine = await startProgram(program);
  let units: UnitsByTable = {};
  const count = (operation: string, { TableName = '', CapacityUnits = 0 }: Reported): void => {
    const name = contractName(TableName);
    const { read, write } = units[name] ?? { read: 0, write: 0 };
    const isRead = reads.has(operation);
    units[name] = isRead ? { read: read + CapacityUnits, write } : { read, write: write + CapacityUnits };
  };
  const server = createServer(async (request, response) => {
    const target = String(request.headers['x-amz-target']);
    const body = JSON.parse(String(await readBody(request, 64 * 1_048_576))) as object;
    const asked = { ...body, ReturnConsumedCapacity: 'TOTAL' };
    const { status, headers, body: answer } = await engine.forward(target, JSON.stringify(asked));
    const { ConsumedCapacity = [] } = JSON.parse(String(answer)) as {
      ConsumedCapacity?: Reported | Reported[];
    };
    for (const one of [ConsumedCapacity].flat()) count(target.split('.').at(-1) ?? '', one);
    response.writeHead(status, {
      'content-type': String(headers['content-type']) || 'application/x-amz-json-1.0',
    });
    response.end(answer);
  });
  const port = await listen(server, 0);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    engine.kill();
  });
  return {
    url: new URL(`http://127.0.0.1:${port}`),
    async consumedBy(work) {
      units = {};
      await work();
      return units;
    },
  };
}
