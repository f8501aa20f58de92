import type { AttributeMap } from './attribute-value.ts';
import type { DynamoEngine } from './engine.ts';

/** The part of an engine that answers requests. */
export type AnsweringEngine = Pick<DynamoEngine, 'forward'>;

/**
 * Sends one request of the local run's own to the engine, past limits and permissions.
 *
 * @throws Error with the engine's answer if its status is not 200.
 */
export async function callEngine<T>(engine: AnsweringEngine, operation: string, input: object): Promise<T> {
  const { status, body } = await engine.forward(`DynamoDB_20120810.${operation}`, JSON.stringify(input));
  if (status !== 200) throw new Error(String(body));
  return JSON.parse(String(body)) as T;
}

/** The items of a Scan, page by page. */
export async function* scanPages(engine: AnsweringEngine, input: object): AsyncGenerator<AttributeMap[]> {
  let start: AttributeMap | undefined;
  // Ends, because each page begins after the last key of the one before.
  do {
    const page: { Items: AttributeMap[]; LastEvaluatedKey?: AttributeMap } = await callEngine(
      engine,
      'Scan',
      {
        ...input,
        ExclusiveStartKey: start,
      },
    );
    yield page.Items;
    start = page.LastEvaluatedKey;
  } while (start);
}
