import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CannotStart } from '../../local/cannot-start.ts';
import { chooseEngine } from '../../local/dynamodb/choice.ts';
import { dynamodbLocal } from '../../local/dynamodb/dynamodb-local.ts';
import { dynoxide, packagedBinary, packageOf } from '../../local/dynamodb/dynoxide.ts';
import { startProgram } from '../../local/dynamodb/program.ts';
import { startFixture } from '../local/fixture/run.ts';

describe('the engine', () => {
  test('is dynoxide, unless another one is named', () => {
    expect(chooseEngine({})).toBe(dynoxide);
    expect(chooseEngine({ DYNAMODB_ENGINE: '', DYNAMODB_URL: '' })).toBe(dynoxide);
    expect(chooseEngine({ DYNAMODB_ENGINE: 'dynamodb-local' })).toBe(dynamodbLocal);
    expect(chooseEngine({ DYNAMODB_URL: 'http://127.0.0.1:8001' })).toEqual(new URL('http://127.0.0.1:8001'));
  });

  test('is refused in one line if it is unknown, named twice or no plain URL', () => {
    const refusal = (settings: Parameters<typeof chooseEngine>[0]) => {
      try {
        return chooseEngine(settings);
      } catch (error) {
        return error;
      }
    };
    expect(refusal({ DYNAMODB_ENGINE: 'sqlite' })).toEqual(
      new CannotStart('There is no DynamoDB engine sqlite: choose one of dynoxide, dynamodb-local'),
    );
    expect(refusal({ DYNAMODB_ENGINE: 'dynoxide', DYNAMODB_URL: 'http://127.0.0.1:8001' })).toEqual(
      new CannotStart('DYNAMODB_URL names an engine that runs already: leave out the engine dynoxide'),
    );
    for (const url of [
      '127.0.0.1:8001',
      'https://127.0.0.1',
      'http://127.0.0.1/shell',
      'http://a:b@127.0.0.1',
    ])
      expect(refusal({ DYNAMODB_URL: url })).toEqual(
        new CannotStart(`DYNAMODB_URL is ${url}, which is not a URL like http://127.0.0.1:8001`),
      );
  });

  test('comes from the package of the machine, by its platform and processor', () => {
    expect(packageOf('linux', 'x64')).toEqual({ name: '@dynoxide/linux-x64', file: 'dynoxide' });
    expect(packageOf('darwin', 'arm64')).toEqual({ name: '@dynoxide/darwin-arm64', file: 'dynoxide' });
    expect(packageOf('win32', 'x64')).toEqual({ name: '@dynoxide/win32-x64', file: 'dynoxide.exe' });
  });

  test('without a package for the machine, is refused with the command that starts without it', () => {
    expect(() => packagedBinary('sunos', 'x64')).toThrow(
      new CannotStart(
        'The DynamoDB engine is missing: npm has brought no @dynoxide/sunos-x64. Start on DynamoDB Local instead: ' +
          'tests/engines/fetch.sh && npm start -- --engine dynamodb-local',
      ),
    );
  });

  test.skipIf(process.platform !== 'linux')('ends even when its watchdog is killed', async () => {
    const engine = await startProgram(dynoxide);
    const status = readFileSync(`/proc/${engine.pid}/status`, 'utf8');
    process.kill(Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]), 'SIGKILL');
    await engine.ended;
    await expect(engine.forward('DynamoDB_20120810.ListTables', '{}')).rejects.toThrow();
  });

  test('that runs elsewhere is used and never ended', async () => {
    const engine = await startProgram(dynoxide);
    const tables = async () => (await engine.forward('DynamoDB_20120810.ListTables', '{}')).body.toString();
    const choice = new URL(`http://${engine.host}`);
    const running = await startFixture({ engine: choice });
    expect(await tables()).toContain('Fixture-Items');
    expect(running.enginePid).toBeUndefined();
    running.killEngine();
    await running.stop();
    expect(await tables()).toContain('Fixture-Items');
    const again = await startFixture({ engine: choice });
    await again.crash();
    expect(await tables()).toContain('Fixture-Items');
    await engine.stop();
    await expect(startFixture({ engine: choice })).rejects.toThrow(
      `No DynamoDB engine answers at DYNAMODB_URL ${choice.origin}: `,
    );
  });
});
