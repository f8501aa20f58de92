import type { CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { makeStrictCheck } from '../../../local/dynamodb/strict.ts';
import { type TableShape, tableShape } from '../../../local/dynamodb/table-shape.ts';
import { makeLog } from '../../../local/log.ts';
import { operationIn } from '../../../local/services/service.ts';
import { assertTakenByAws } from '../../service/taken-by-aws.ts';

interface Sent {
  headers: Record<string, string>;
  body: string | Uint8Array;
}

/** Clients that refuse what AWS's DynamoDB refuses and the engine takes, by the check of the local run. */
export function makeStrictClients() {
  /** The tables that these clients have created. */
  const tables: TableShape[] = [];
  const { check, found } = makeStrictCheck(tables, makeLog());

  /** Reads a request as it is about to be sent. */
  function look({ headers, body }: Sent): void {
    const operation = operationIn(headers['x-amz-target'] ?? '');
    const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
    if (operation === 'CreateTable') {
      const definition = JSON.parse(text) as CreateTableCommandInput;
      tables.push(tableShape(definition.TableName ?? '', definition));
    }
    check(operation, text);
  }

  return {
    watch: (client: DynamoDBClient) =>
      client.middlewareStack.add(
        (next) => (args) => {
          look(args.request as Sent);
          return next(args);
        },
        { step: 'build', name: 'strict' },
      ),
    /** @throws Error with what was found. */
    assertNone: () => assertTakenByAws({ strictViolations: found }),
  };
}
