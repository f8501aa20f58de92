import { expect, test } from 'vitest';
import { constants, hasUnit } from '../../checks/constants.ts';
import { file } from './file.ts';

test.each([
  'leaseMs',
  'pauseMsMin',
  'retentionSeconds',
  'bodyBytesMax',
  'nameLengthMax',
  'priceDigits',
  'missRatio',
  'goneStatus',
  'retriesMax',
  'itemsPerPage',
  'operationsPerChunkMax',
  'errorsShownMax',
  'batchesAtOnce',
  'bytesPerMib',
  'firstId',
])('%s says its unit', (name) => {
  expect(hasUnit(name)).toBe(true);
});

test.each(['lease', 'pauseMax', 'patience', 'width', 'address', 'second', 'perSecond', 'PART', 'MiB', 'max'])(
  '%s says no unit',
  (name) => {
    expect(hasUnit(name)).toBe(false);
  },
);

test('finds numbers without a unit: literals, what is computed from numbers, and what is typed as one', () => {
  const found = constants([
    file(`
const lease = 30_000;
export const span = -(2 * lease) as number;
const funds = 1_000n;
const limit: number = limitOf('calls');
const slots = Math.ceil(2.5);
`),
    file(`import { span as far } from './a.ts';\nconst farther = far + 1;`, 'core/b.ts'),
  ]);
  expect(found).toEqual([
    'core/a.ts:1 lease has no unit at the end of its name',
    'core/a.ts:2 span has no unit at the end of its name',
    'core/a.ts:4 limit has no unit at the end of its name',
    'core/b.ts:2 farther has no unit at the end of its name',
  ]);
});

test('finds names in CONSTANT_CASE, whatever the constant is', () => {
  const found = constants([
    file(`const STATES = ['a'];\nexport const LEASE = 5;\nconst X = /x/;\nconst Id = z.string();`),
  ]);
  expect(found).toEqual([
    'core/a.ts:1 STATES is not in camelCase',
    'core/a.ts:2 LEASE is not in camelCase and has no unit at the end of its name',
  ]);
});

test('leaves alone what is no number, and what is not at the top level', () => {
  const found = constants([
    file(`
const name = 'a' + 1;
const total = sum(1);
function f() {
  const LOCAL = 1;
  return LOCAL;
}
`),
  ]);
  expect(found).toEqual([]);
});
