import { afterAll, beforeAll, expect, test } from 'vitest';
import { count, sendTexts } from '../costs/jobs.ts';
import { startWorld, type World } from '../costs/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

test('a text writes at most 4 units, from its acceptance to its receipt', async () => {
  const texts = 300;
  const { write, tables } = await count(world, sendTexts(texts));
  expect(write / texts).toBeLessThanOrEqual(4);
  // A record for each, and what the provider said.
  expect(tables.messaging?.write).toBeGreaterThanOrEqual(2 * texts);
}, 120_000);
