import type { CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type DynamoError, makeRefusals, refusalOf } from '../../../local/dynamodb/refusals.ts';
import { makeStrictCheck } from '../../../local/dynamodb/strict.ts';
import { type TableShape, tableShape } from '../../../local/dynamodb/table-shape.ts';
import { makeLog } from '../../../local/log.ts';
import { operationIn } from '../../../local/services/service.ts';

interface Sent {
  headers: Record<string, string>;
  body: string | Uint8Array;
}

/**
 * Clients that refuse what AWS's DynamoDB refuses and the engine takes, by the check of the local run, and
 * remember all refusals, the engine's too.
 */
export function makeStrictClients() {
  /** The tables that these clients have created. */
  const tables: TableShape[] = [];
  const refusals = makeRefusals(makeLog());
  const check = makeStrictCheck(tables, refusals);

  /** Checks a request as it is about to be sent. */
  function look(operation: string, { body }: Sent): void {
    const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
    if (operation === 'CreateTable') {
      const definition = JSON.parse(text) as CreateTableCommandInput;
      tables.push(tableShape(definition.TableName ?? '', definition));
    }
    check('client', operation, text);
  }

  return {
    watch: (client: DynamoDBClient) =>
      client.middlewareStack.add(
        (next) => async (args) => {
          const sent = args.request as Sent;
          const operation = operationIn(sent.headers['x-amz-target'] ?? '');
          look(operation, sent);
          try {
            return await next(args);
          } catch (error) {
            const refusal = refusalOf(operation, error as DynamoError);
            if (refusal) refusals.add('client', refusal);
            throw error;
          }
        },
        { step: 'build', name: 'strict' },
      ),
    refused: refusals.found,
  };
}
