import { expect, test } from 'vitest';
import { awsLimits, readLimits } from '../../../local/limits/limits.ts';

test('LIMITS=aws sets the limits of AWS, each of which can be set otherwise', () => {
  expect(readLimits('aws')).toEqual(awsLimits);
  expect(readLimits('aws,seed=7,collectionBytesMax=1000000,lateShare=0.5')).toEqual({
    ...awsLimits,
    ...{ seed: 7, collectionBytesMax: 1_000_000, lateShare: 0.5 },
  });
  expect([readLimits(undefined), readLimits('')]).toEqual([undefined, undefined]);
});

test.each(['azure', 'aws,sed=7', 'aws,seed', 'aws,seed=x', 'seed=7', 'aws,seed=-1'])(
  'LIMITS=%s is refused with the names that there are',
  (text) => {
    expect(() => readLimits(text)).toThrow(`LIMITS is ${text}`);
    expect(() => readLimits(text)).toThrow('collectionBytesMax');
  },
);
