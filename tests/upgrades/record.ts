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
import { workInEverySystem } from './work-in-every-system.ts';

type Stored = NonNullable<Parameters<typeof unmarshall>[0]>;

/** Reads the tables over and over, and keeps one item of each kind and set of attributes. */
async function watch({ awsEndpoint }: Running, isOver: () => boolean) {
  const client = new DynamoDBClient(rootClient(awsEndpoint));
  const { TableNames = [] } = await client.send(new ListTablesCommand({}));
  const kinds = new Map<string, Recording['kinds'][number]>();
  const last: Recording['tables'] = {};
  const look = async (table: string): Promise<void> => {
    const TableName = TableNames.find((name) => name.includes(`Tables${table}`));
    const { Items = [] } = await client.send(new ScanCommand({ TableName, ConsistentRead: true }));
    last[table] = Items;
    for (const item of Items) {
      const { pk, sk } = unmarshall(item as Stored);
      const kind = kindOf(table, pk, sk);
      const name = `${kind} ${Object.keys(item)
        .map((field) => field.replace(/\d+/g, '0'))
        .sort()}`;
      if (!kinds.has(name)) kinds.set(name, { table, kind, item: item as Item });
    }
  };
  // Ends with the work.
  while (!isOver()) await Promise.all(tables.map(look));
  await Promise.all(tables.map(look));
  client.destroy();
  return {
    tables: last,
    kinds: [...kinds.values()].sort((one, other) => one.kind.localeCompare(other.kind)),
  };
}

const [, , version = 'now'] = process.argv;
const dataDir = mkdtempSync(join(tmpdir(), 'bulkhead-record-'));
const running = await start({ assembly: await projectAssembly(), port: 0, dataDir });
try {
  let over = false;
  const watching = watch(running, () => over);
  await workInEverySystem(running.url).finally(() => {
    over = true;
  });
  const recorded: Recording = { at: Date.now(), ...(await watching) };
  writeFileSync(recordingFile(version), `${JSON.stringify(recorded, null, 1)}\n`);
} finally {
  await running.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
