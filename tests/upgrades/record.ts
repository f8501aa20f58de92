/**
 * `node tests/upgrades/record.ts 0.1.0`: records what this version stores and sends, once for each release.
 * It is read by the tests of every later version.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { tables } from '../../core/contract/resources.ts';
import { projectAssembly } from '../../local/project.ts';
import { type Running, start } from '../../local/start.ts';
import { rootClient } from '../root-client.ts';
import { type Item, kindOf, type Recording, recordingFile } from './recorded.ts';
import { stepsOf } from './steps.ts';
import { workInEverySystem } from './work-in-every-system.ts';

type Stored = NonNullable<Parameters<typeof unmarshall>[0]>;

/** The fields of a value, without the numbers that some names of attributes end in. */
const fieldsOf = (value: object): string =>
  String([...new Set(Object.keys(value).map((field) => field.replace(/\d+$/, '')))].sort());

/** Keeps one message of each queue and set of fields. */
function lookAtQueues({ stack, inspectQueue }: Running, found: Map<string, Recording['messages'][number]>) {
  for (const { logicalId, name } of stack.resources('AWS::SQS::Queue')) {
    const queue = /^Queues([a-zA-Z]+?)(DeadLetters)?[0-9A-F]{8}/.exec(logicalId)?.[1] ?? logicalId;
    const { ready = [], delayed = [], inflight = [] } = inspectQueue(name)?.messages ?? {};
    for (const { body } of [...ready, ...delayed, ...inflight.map((one) => one.message)]) {
      const message = JSON.parse(body) as Item;
      found.set(`${queue} ${fieldsOf(message)}`, { queue, message });
    }
  }
}

/** Reads tables and queues over and over, and keeps one of each kind and set of attributes. */
async function watch(running: Running, isOver: () => boolean): Promise<Omit<Recording, 'at' | 'steps'>> {
  const client = new DynamoDBClient(rootClient(running.awsEndpoint));
  const { TableNames = [] } = await client.send(new ListTablesCommand({}));
  const kinds = new Map<string, Recording['kinds'][number]>();
  const messages = new Map<string, Recording['messages'][number]>();
  const last: Recording['tables'] = {};
  const look = async (table: string): Promise<void> => {
    const TableName = TableNames.find((name) => name.includes(`Tables${table}`));
    const { Items = [] } = await client.send(new ScanCommand({ TableName, ConsistentRead: true }));
    last[table] = Items;
    for (const item of Items) {
      const { pk, sk } = unmarshall(item as Stored);
      const kind = kindOf(table, pk, sk);
      if (!kinds.has(kind + fieldsOf(item))) kinds.set(kind + fieldsOf(item), { table, kind, item });
    }
  };
  // Ends with the work.
  while (!isOver()) {
    lookAtQueues(running, messages);
    await Promise.all(tables.map(look));
  }
  await Promise.all(tables.map(look));
  client.destroy();
  return {
    tables: last,
    kinds: [...kinds.values()].sort((one, other) => one.kind.localeCompare(other.kind)),
    messages: [...messages.values()].sort((one, other) => one.queue.localeCompare(other.queue)),
  };
}

/** JSON with a line for each element, so that a recording can be read and compared. */
const inLines = (recorded: Recording): string =>
  JSON.stringify(recorded, (_, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
  ).replace(/(\},|\[)(?=\{"(?:pk|sk|table|queue|step)")/g, '$1\n');

const [, , version = 'now'] = process.argv;
const dataDir = mkdtempSync(join(tmpdir(), 'bulkhead-record-'));
const running = await start({ assembly: await projectAssembly(), port: 0, dataDir });
try {
  let over = false;
  const watching = watch(running, () => over);
  await workInEverySystem(running.url).finally(() => {
    over = true;
  });
  const seen = await watching;
  const recorded: Recording = { at: Date.now(), ...seen, steps: await stepsOf(running) };
  writeFileSync(recordingFile(version), `${inLines(recorded)}\n`);
} finally {
  await running.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
