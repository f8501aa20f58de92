import { beforeAll, describe, expect, test } from 'vitest';
import { type Running, start } from '../../local/start.ts';
import { eventually, fixtureAssembly, nameOf, post, scratch, startFixture } from './fixture/run.ts';

let running: Running;
beforeAll(async () => {
  running = await startFixture({ environment: { FROM_OUTSIDE: 'yes', GREETING: 'overridden' } });
});

const fail = (kind: string): Promise<{ status: number; body: never }> =>
  post(`${running.url}/faults`, { kind });

describe('a function that fails', () => {
  test.each([
    ['loops for ever', 'loop', 'Sandbox.Timedout'],
    ['never answers', 'hang', 'Sandbox.Timedout'],
    ['ends its process', 'exit', 'Runtime.ExitError'],
    ['leaves a rejection unhandled', 'unhandled', 'TypeError'],
    ['answers too much', 'large', 'Function.ResponseSizeTooLarge'],
    ['throws', 'throw', 'RangeError'],
  ])(
    'gets Lambda’s error when it %s, and the next call is served',
    async (_, kind, errorType) => {
      const name = nameOf(running, 'AWS::Lambda::Function', 'FaultsFunction');
      const outcome = await running.invoke(name, { body: JSON.stringify({ kind }) });
      expect(outcome).toMatchObject({ kind: 'failure', error: { errorType } });
      expect((await fail(kind)).status).toBe(502);
      expect((await fail('nothing')).status).toBe(200);
    },
    30_000,
  );

  test('that needs more memory than it has is ended, and the next call is served', async () => {
    const name = nameOf(running, 'AWS::Lambda::Function', 'HungryFunction');
    const call = (kind: string) => running.invoke(name, { body: JSON.stringify({ kind }) });
    expect(await call('memory')).toMatchObject({
      kind: 'failure',
      error: { errorType: 'Runtime.OutOfMemory' },
    });
    expect(await call('nothing')).toMatchObject({ kind: 'answer' });
  });

  test('that falls over what it left behind does no harm to the next call', async () => {
    expect((await fail('later')).status).toBe(200);
    await eventually(() =>
      running.logs().find(({ text }) => text.includes('Invoke Error Error: left behind')),
    );
    expect((await fail('nothing')).status).toBe(200);
  });

  test('only takes its own call down: others of the same function are served meanwhile', async () => {
    const [broken, ...fine] = await Promise.all([
      fail('hang'),
      ...Array.from({ length: 5 }, () => fail('nothing')),
    ]);
    expect(broken?.status).toBe(502);
    expect(fine.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });
});

test('that is still starting when everything ends is not waited for', async () => {
  const own = await start({ assembly: await fixtureAssembly(), port: 0, dataDir: scratch() });
  const starting = own.invoke(nameOf(own, 'AWS::Lambda::Function', 'EchoFunction'), {});
  await own.crash();
  expect(await starting).toMatchObject({
    kind: 'failure',
    error: { errorMessage: 'The local run is ending' },
  });
});

describe('an environment', () => {
  interface Echoed {
    readonly environment: Record<string, string>;
    readonly invocations: number;
    readonly greeting: string;
  }
  const echo = async (path: string): Promise<Echoed> =>
    (await (await fetch(running.url + path)).json()) as Echoed;

  test('has the variables of its own function, of Lambda and of the run, and nothing of this process', async () => {
    const { environment } = await echo('/echo');
    expect(environment).toMatchObject({
      FROM_OUTSIDE: 'yes',
      GREETING: 'overridden',
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: running.awsEndpoint,
      JWKS_URI: expect.stringMatching(/^data:application\/json,/),
      AWS_LAMBDA_FUNCTION_NAME: expect.stringContaining('EchoFunction'),
      AWS_ACCESS_KEY_ID: expect.stringContaining('EchoFunctionServiceRole'),
      AWS_CONFIG_FILE: '/dev/null',
    });
    expect(environment).not.toHaveProperty('PATH');
    expect(environment).not.toHaveProperty('HOME');
  });

  test('is kept for the next call', async () => {
    const first = await echo('/echo');
    expect((await echo('/echo')).invocations).toBe(first.invocations + 1);
  });

  test('what a function prints is in the log under its name', async () => {
    await post(`${running.url}/echo`, { log: 'printed by a test', answer: { statusCode: 200, body: '{}' } });
    const line = await eventually(() => running.logs().find(({ text }) => text === 'printed by a test'));
    expect(line.source).toContain('EchoFunction');
  });

  test('an unknown function is Lambda’s own error', async () => {
    const outcome = await running.invoke('Nobody', {});
    expect(outcome).toMatchObject({ kind: 'failure', error: { errorType: 'ResourceNotFoundException' } });
  });

  test('a burst of calls is served by several environments, and all of it is answered', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        post(`${running.url}/echo`, { sleep: 50, answer: { statusCode: 200, body: '{}' } }),
      ),
    );
    expect(answers.every(({ status }) => status === 200)).toBe(true);
  });
});
