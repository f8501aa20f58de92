import { scanPages } from '../dynamodb/call-engine.ts';
import type { DynamoEngine } from '../dynamodb/engine.ts';
import type { Log } from '../log.ts';
import type { WorkSource } from '../sources/source.ts';
import type { ExpiringTable } from './dynamodb.ts';

/**
 * Interval between two sweeps for expired items. AWS deletes within days; a local run should show the effect
 * within a minute.
 */
const sweepIntervalMs = 30_000;

/** Items that a sweep reads per page of its Scan. */
const itemsPerPage = 500;

/** Deletes expired items every 30 seconds, because the engine has no time to live. */
export function startExpiry(tables: readonly ExpiringTable[], engine: DynamoEngine, log: Log): WorkSource {
  let stopping = false;
  let running = Promise.resolve();
  const timer = setInterval(() => {
    running = running
      .then(() => sweepExpired(tables, engine, () => stopping))
      .catch((error: unknown) => {
        if (!stopping) log.write('expiry', `A sweep failed: ${String(error)}`);
      });
  }, sweepIntervalMs);
  return {
    async stop() {
      stopping = true;
      clearInterval(timer);
      await running;
    },
  };
}

/** Deletes the items of these tables that have expired by now. */
export async function sweepExpired(
  tables: readonly ExpiringTable[],
  engine: DynamoEngine,
  isStopping: () => boolean = () => false,
): Promise<void> {
  for (const table of tables) if (!isStopping()) await sweepTable(table, engine, isStopping);
}

/** Deletes the expired items of one table; the condition keeps an item that was renewed since the Scan. */
async function sweepTable(
  { name, attribute, keys }: ExpiringTable,
  engine: DynamoEngine,
  isStopping: () => boolean,
): Promise<void> {
  const names = Object.fromEntries([['#ttl', attribute], ...keys.map((key, index) => [`#k${index}`, key])]);
  const now = { ':now': { N: String(Math.floor(Date.now() / 1_000)) } };
  const pages = scanPages(engine, {
    TableName: name,
    FilterExpression: '#ttl < :now',
    ProjectionExpression: keys.map((_, index) => `#k${index}`).join(', '),
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: now,
    Limit: itemsPerPage,
  });
  for await (const page of pages)
    for (const Key of page) {
      if (isStopping()) return;
      // Not `callEngine`: an item that was renewed since is refused, as it should be.
      await engine.forward(
        'DynamoDB_20120810.DeleteItem',
        JSON.stringify({
          TableName: name,
          Key,
          ConditionExpression: '#ttl < :now',
          ExpressionAttributeNames: { '#ttl': attribute },
          ExpressionAttributeValues: now,
        }),
      );
    }
}
