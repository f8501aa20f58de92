import type { CreateTableCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type TableShape, tableShape } from '../../../local/dynamodb/table-shape.ts';
import { violations } from '../../../local/dynamodb/violations.ts';

const utf8 = new TextDecoder();

interface Sent {
  headers: Record<string, string>;
  body: string | Uint8Array;
}

/** Clients that refuse what AWS's DynamoDB refuses and the engine takes, as the local run does. */
export function makeStrictClients() {
  const tables: TableShape[] = [];
  const found: string[] = [];

  /** Reads a request as it is about to be sent. */
  function check({ headers, body }: Sent): void {
    const operation = headers['x-amz-target']?.split('.').at(-1) ?? '';
    const request = JSON.parse(
      typeof body === 'string' ? body : utf8.decode(body),
    ) as CreateTableCommandInput;
    if (operation === 'CreateTable') tables.push(tableShape(request.TableName ?? '', request));
    const broken = violations(operation, request, tables);
    if (broken.length === 0) return;
    const text = `strict: ${operation}: ${broken.join('; ')}`;
    found.push(text);
    throw Object.assign(new Error(text), { name: 'ValidationException' });
  }

  return {
    watch: (client: DynamoDBClient) =>
      client.middlewareStack.add(
        (next) => (args) => {
          check(args.request as Sent);
          return next(args);
        },
        { step: 'build', name: 'strict' },
      ),
    /** @throws Error with what was found. */
    assertNone: () => {
      if (found.length > 0) throw new Error([...new Set(found)].join('\n'));
    },
  };
}
