import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { CannotStart } from '../../local/cannot-start.ts';
import { dynamodbLocal } from '../../local/dynamodb/dynamodb-local.ts';
import { dynoxide } from '../../local/dynamodb/dynoxide.ts';
import { type StartOptions, start } from '../../local/start.ts';
import { alteredAssembly, fixtureAssembly, scratch, type Template } from './fixture/run.ts';

afterEach(() => vi.unstubAllEnvs());

/** The one line with which a start is refused. */
async function refusal(options: Partial<StartOptions>): Promise<string> {
  const dataDir = scratch();
  const error: unknown = await start({ assembly: '', port: 0, dataDir, ...options }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CannotStart);
  const { message } = error as CannotStart;
  expect(message).not.toContain('\n');
  return message;
}
const altered = async (alter: (template: Template) => void): Promise<string> =>
  refusal({ assembly: await alteredAssembly(alter) });

test('a port that is taken is named, with the remedy, and nothing is left running', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => {
    other.listen(0, '127.0.0.1', resolve);
  });
  const address = other.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const dataDir = scratch();
  expect(await refusal({ assembly: await fixtureAssembly(), port, dataDir })).toBe(
    `Port ${port} is taken: stop what uses it, or choose another with PORT=8001`,
  );
  // The same folder can be used at once: its claim was given back.
  const running = await start({ assembly: await fixtureAssembly(), port: 0, dataDir });
  await running.stop();
  other.close();
});

test('a missing engine is named', async () => {
  vi.stubEnv('DYNOXIDE_PATH', '/nowhere/dynoxide');
  expect(await refusal({ assembly: await fixtureAssembly(), engine: dynoxide })).toContain(
    'The DynamoDB engine is missing: DYNOXIDE_PATH names /nowhere/dynoxide',
  );
  vi.stubEnv('JAVA_HOME', '/nowhere');
  expect(await refusal({ assembly: await fixtureAssembly(), engine: dynamodbLocal })).toMatch(
    /^(Java is missing: DynamoDB Local needs Java 17|DynamoDB Local is missing: tests\/engines\/fetch.sh)/,
  );
});

test('an engine that does not start says why', async () => {
  const dataDir = scratch();
  // Where the engine wants its file there is a folder.
  mkdirSync(join(dataDir, 'dynamodb.db'));
  expect(await refusal({ assembly: await fixtureAssembly(), dataDir, engine: dynoxide })).toContain(
    'The DynamoDB engine did not start',
  );
});

test('a data folder that cannot be made is named', async () => {
  const file = join(scratch(), 'a-file');
  writeFileSync(file, '');
  expect(await refusal({ assembly: await fixtureAssembly(), dataDir: join(file, 'data') })).toContain(
    `DATA_DIR ${file}/data cannot be written`,
  );
});

test('a folder that is no assembly is named', async () => {
  const folder = scratch();
  expect(await refusal({ assembly: folder })).toContain(`Cannot read ${folder}/manifest.json`);
});

test('a template that is no JSON is named', async () => {
  const assembly = await alteredAssembly(() => {});
  writeFileSync(join(assembly, 'Fixture.template.json'), '{"Resources":');
  expect(await refusal({ assembly })).toContain('Fixture.template.json');
});

test('an unknown resource type is named', async () => {
  const message = await altered(({ Resources }) => {
    Object.assign(Resources, { Cache: { Type: 'AWS::ElastiCache::ServerlessCache', Properties: {} } });
  });
  expect(message).toBe(
    'Cache is a AWS::ElastiCache::ServerlessCache, which a local run neither runs nor knows as ignorable',
  );
});

const keys = ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' }));

test.each<[string, (table: { GlobalSecondaryIndexes?: { Projection: object }[] }) => void]>([
  [
    'indexes',
    (table) => Object.assign(table, { GlobalSecondaryIndexes: undefined, AttributeDefinitions: keys }),
  ],
  [
    'index’s attributes',
    (table) => {
      for (const index of table.GlobalSecondaryIndexes ?? [])
        index.Projection = { ProjectionType: 'KEYS_ONLY' };
    },
  ],
])('a table whose %s have changed since an earlier run is named, with the remedy', async (_, alter) => {
  const dataDir = scratch();
  const running = await start({ assembly: await fixtureAssembly(), port: 0, dataDir });
  await running.stop();
  const assembly = await alteredAssembly(({ Resources }) => {
    for (const { Type, Properties } of Object.values(Resources))
      if (Type === 'AWS::DynamoDB::GlobalTable') alter(Properties);
  });
  const message = await refusal({ assembly, dataDir });
  expect(message).toMatch(
    /^The table Fixture-Items\S* of an earlier run has other keys or indexes: remove DATA_DIR/,
  );
});

test('a reference to nothing is named', async () => {
  const message = await altered(({ Resources }) => {
    for (const { Type, Properties } of Object.values(Resources))
      if (Type === 'AWS::Lambda::Function')
        Object.assign(Properties, { Environment: { Variables: { X: { Ref: 'Nobody' } } } });
  });
  expect(message).toBe('The template refers to Nobody, which it does not hold');
});

test('a function that may not read its queue stops the start, as it stops a deployment', async () => {
  const message = await altered(({ Resources }) => {
    for (const [id, resource] of Object.entries(Resources))
      if (id.startsWith('ConsumeFunctionServiceRoleDefaultPolicy')) {
        const { PolicyDocument } = resource.Properties as unknown as {
          PolicyDocument: { Statement: { Action: unknown }[] };
        };
        PolicyDocument.Statement = PolicyDocument.Statement.filter(
          ({ Action }) => !JSON.stringify(Action).includes('sqs:'),
        );
      }
  });
  expect(message).toContain('its role may not sqs:ReceiveMessage on it');
});
