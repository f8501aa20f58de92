import { expect, test } from 'vitest';
import { regexes, type Verdicts } from '../../checks/regexes.ts';
import { file } from './file.ts';

test('finds expressions that backtrack in superlinear time, and takes safe ones', async () => {
  const found = await regexes([
    file(String.raw`
const nested = /^(a+)+$/;
const trim = /\s+$/;
const safe = /^[a-z]+$/i;
`),
  ]);
  expect(found).toEqual([
    expect.stringMatching(/^core\/a\.ts:1 \/\^\(a\+\)\+\$\/ is exponential, e\.g\. for /),
    expect.stringMatching(/^core\/a\.ts:2 \/\\s\+\$\/ is 2nd degree polynomial, e\.g\. for /),
  ]);
});

test('asks for each expression once', async () => {
  const verdicts: Verdicts = new Map([['/^(a+)+$/', 'is known']]);
  const sources = [file('const a = /^(a+)+$/;\nconst b = /^b$/;')];
  expect(await regexes(sources, verdicts)).toEqual(['core/a.ts:1 /^(a+)+$/ is known']);
  expect(verdicts.get('/^b$/')).toBe('');
});
