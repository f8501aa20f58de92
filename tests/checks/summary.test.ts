import { expect, test } from 'vitest';
import { summary } from '../../checks/summary.ts';

test('counts violations by check and room', () => {
  const found = {
    names: ['core/a.ts:1 x', 'core/http/a.ts:1 x', 'core/http/b.ts:2 x'],
    casts: [],
    loops: ['functions/admin/records/read.ts:3 x', 'local/services/a.ts:1 x'],
  };
  expect(summary(found).split('\n')).toEqual([
    'room             names  loops',
    'core                 1      0',
    'core/http            2      0',
    'functions/admin      0      1',
    'local                0      1',
    'all                  3      2',
  ]);
});
