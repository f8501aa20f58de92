import { expect, test } from 'vitest';
import { CannotStart } from '../../local/cannot-start.ts';
import { start } from '../../local/start.ts';
import { alteredAssembly, eventually, scratch, startFixture } from './fixture/run.ts';

const withRate = (expression: string): Promise<string> =>
  alteredAssembly(({ Resources }) => {
    for (const [id, { Properties }] of Object.entries(Resources))
      if (id.startsWith('EveryMinute')) Object.assign(Properties, { ScheduleExpression: expression });
  });

test.each(['rate(1 second)', 'cron(* * * * ? *)'])(
  '%s calls its function with its input',
  async (expression) => {
    // A cron expression has no seconds: only that it is read can be seen at once.
    const running = await startFixture({ assembly: await withRate(expression) });
    if (expression.startsWith('cron')) return;
    const lines = await eventually(() => {
      const found = running.logs().filter(({ text }) => text === 'tick {"from":"rule"}');
      return found.length >= 2 ? found : undefined;
    });
    expect(lines.length).toBeGreaterThanOrEqual(2);
  },
  15_000,
);

test('a schedule that cannot be read stops the start', async () => {
  const assembly = await withRate('rate(soon)');
  await expect(start({ assembly, port: 0, dataDir: scratch() })).rejects.toThrow(CannotStart);
});
