import { expect, test } from 'vitest';
import { inKeyOrder, parseJson } from '../../core/http/json.ts';
import { fc } from '../properties.ts';

const messagesOf = (text: string) => parseJson(text).issues.map(({ issue }) => issue.message);

test.each([
  ...['0', '-0', '1.0', '1.10', '100', '1E5', '1e+5', '1.5e-7', '0.1', '0.30000000000000004'],
  ...['9007199254740991', '9007199254740992', '1e21', '1e-200', '123456789012345', '5e-324', '0e999'],
  ...['1.7976931348623157e308', '"12345678901234567890"', '"__proto__"', '{"proto":1}', '[true,null]'],
])('%s is read as it is', (text) => {
  expect(parseJson(text)).toEqual({ value: JSON.parse(text), issues: [] });
});

test.each(['9007199254740993', '9007199254740990.6', '0.1000000000000000055', '1e400', '-1e400', '1e-400'])(
  '%s would be another number, and is refused',
  (text) => {
    expect(messagesOf(`{"a":[0,{"b":${text}}]}`)).toEqual([
      'a.1.b has more digits than a number holds exactly',
    ]);
    expect(messagesOf(text)).toEqual(['The body has more digits than a number holds exactly']);
  },
);

test('every number that JavaScript writes is read again', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      expect(parseJson(text).value).toEqual(JSON.parse(text));
      // Names that reach a prototype are the only reason left.
      if (!/__proto__|constructor/.test(text)) expect(messagesOf(text)).toEqual([]);
    }),
  );
});

test.each([
  ['{"a":1,"a":1}', 'a'],
  ['[{},{"b":{"a":1,"c":[],"a":2}}]', '1.b.a'],
  ['{"a":1,"\\u0061":2}', 'a'],
  ['{"a\\"":"b\\\\" , "a\\"" : 2}', 'a"'],
  ['{"":1,"x":",\\"\\":",""\n:2}', ''],
])('%s has a name twice, and is refused by its path', (text, path) => {
  expect(messagesOf(text)).toEqual([`${path} comes more than once in its object`]);
});

test.each(['[{"a":1},{"a":{"a":1}},["a","a"]]', '{"a":"a","b":"a\\\\","c":"\\"a\\":1,\\"a\\":2"}'])(
  '%s has no name twice',
  (text) => {
    expect(messagesOf(text)).toEqual([]);
  },
);

test('names and escapes without end cost no time', () => {
  const begun = performance.now();
  for (const text of [`{"a":"${'\\\\'.repeat(1_000_000)}"}`, `{"a"${' '.repeat(2_000_000)}:1}`])
    expect(messagesOf(text)).toEqual([]);
  expect(performance.now() - begun).toBeLessThan(2_000);
});

test('numbers without end cost no time', () => {
  const digits = '9'.repeat(2_000_000);
  const begun = performance.now();
  for (const text of [digits, `0.${'0'.repeat(2_000_000)}1`, `1e${digits}`, `1${'0'.repeat(2_000_000)}`])
    expect(messagesOf(text)).toHaveLength(1);
  expect(performance.now() - begun).toBeLessThan(2_000);
});

test('what is no JSON, or is nested without end, is an error', () => {
  expect(() => parseJson('{"a":01}')).toThrow(SyntaxError);
  expect(() => parseJson('['.repeat(100_000) + ']'.repeat(100_000))).toThrow(RangeError);
});

test('equal values have one text, whatever the order of their keys', () => {
  const one = JSON.parse('{"b":[{"y":1,"x":2},3],"a":{"d":null,"c":"t"}}') as unknown;
  const other = JSON.parse('{"a":{"c":"t","d":null},"b":[{"x":2,"y":1},3]}') as unknown;
  expect(JSON.stringify(inKeyOrder(one))).toBe(JSON.stringify(inKeyOrder(other)));
  expect(JSON.stringify(inKeyOrder([1, 2]))).not.toBe(JSON.stringify(inKeyOrder([2, 1])));
});
