import { describe, expect, test } from 'vitest';
import { readCsv } from '../../core/files/csv.ts';
import { Problem } from '../../core/http/problem.ts';
import { workbookRows } from '../../functions/messaging/files/workbook.ts';
import { bracesFaultOf, fillIn, variablesOf } from '../../functions/messaging/sms/templates/text.ts';
import { workbookParts, zip } from './files/zip.ts';

/** Least CPU time of a work, in microseconds: what else the machine does only adds to it. */
function cpuOf(work: () => unknown): number {
  const times = Array.from({ length: 6 }, () => {
    const before = process.cpuUsage();
    for (let run = 0; run < 5; run++) work();
    const { user, system } = process.cpuUsage(before);
    return user + system;
  });
  return Math.min(...times);
}

const repeated = (unit: string, length: number) => unit.repeat(Math.ceil(length / unit.length));

/** How many times longer a text of 800,000 characters takes than one of 50,000: 16 if time is linear, 256 if it is quadratic. */
function growth<T>(prepare: (length: number) => T, work: (prepared: T) => unknown): number {
  const [short, long] = [prepare(50_000), prepare(800_000)];
  const shortTime = cpuOf(() => work(short));
  return cpuOf(() => work(long)) / shortTime;
}

const workbookPart = 'xl/workbook.xml';
const otherParts = workbookParts([{ data: '' }]).filter(({ name }) => name !== workbookPart);
const withWorkbook = (data: string): Buffer => zip([...otherParts, { name: workbookPart, data }]);

function refuse(file: Buffer): void {
  try {
    workbookRows(file);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
}

describe('a workbook of hostile XML is read in linear time', () => {
  test.each(['<sheet\t', '<sheet a="', '<sheet state=', '<a:', '<'])('%j', (unit) => {
    expect(growth((length) => withWorkbook(repeated(unit, length)), refuse)).toBeLessThan(64);
  });
});

describe('a hostile CSV is read in linear time', () => {
  test.each(['"', ',"\n', '"""\n', '","\n"', '"a\n""\n', ' "', ' '])('%j', (unit) => {
    const read = (text: string) => readCsv(`phone,name\n"x${text}`, () => false);
    expect(growth((length) => repeated(unit, length), read)).toBeLessThan(64);
  });
});

describe('the variables of a hostile template are found in linear time', () => {
  const find = (body: string) => [bracesFaultOf(body), variablesOf(body), fillIn(body, { a: 'b' })];

  test.each(['{{', '{{a', '{{a ', '{{a b.c-', '{{a}}', '{{a}}}', '}}', '{{ }}', '{{a}} {'])('%j', (unit) => {
    expect(growth((length) => repeated(unit, length), find)).toBeLessThan(64);
  });

  test('a name followed by spaces', () => {
    expect(growth((length) => `{{a${' '.repeat(length)}`, find)).toBeLessThan(64);
  });
});

describe('a variable is a name in double braces', () => {
  test.each([
    ['{{name}}', ['name']],
    ['{{ First Name }} and {{\tFIRST.name\n}}', ['first_name']],
    ['{{jina_la_kwanza}}{{名前}}{{2nd-code}}', ['jina_la_kwanza', '名前', '2nd_code']],
    [`{{${'x'.repeat(64)}}}`, ['x'.repeat(64)]],
    [`{{${'x'.repeat(64)}   }}`, ['x'.repeat(64)]],
    ['{one} } { {brace}', []],
  ])('%s', (body, variables) => {
    expect(variablesOf(body)).toEqual(variables);
    const filled = fillIn(body, Object.fromEntries(variables.map((name) => [name, 'value'])));
    expect(filled).toMatchObject({ text: expect.any(String) });
  });

  test.each([
    ...[
      '{{}}',
      '{{ }}',
      '{{-a}}',
      '{{name!}}',
      '{{#if}}',
      '{{/if}}',
      '{{a}b}}',
      '{{name',
      'name}}',
      '{{name}',
    ],
    ...['{{{name}}}', '{{name}}}', '{{a{{b}}', '{{a}} {{', `{{${'x'.repeat(65)}}}`],
  ])('%s is none, and makes its text faulty', (body) => {
    expect(bracesFaultOf(body)).toMatch(/^The braces at character \d+ are no variable: .*\{\{name\}\}/);
    expect(fillIn(body, { a: 'A', b: 'B', name: 'N' })).toHaveProperty('fault');
  });

  test('its value is no text if it is a list, an object or a number that was rounded', () => {
    for (const a of [[], ['x'], {}, null, ' ', 2 ** 53, 1e21])
      expect(fillIn('{{a}}', { a })).toEqual({ missing: ['a'] });
    for (const [a, text] of [
      [5, '5'],
      [-0.5, '-0.5'],
      [true, 'true'],
      [' x ', 'x'],
    ])
      expect(fillIn('{{a}}', { a })).toEqual({ text });
  });

  test('its value reaches nobody with braces', () => {
    expect(fillIn('Hi {{a}}', { a: 'Jane {{phone}}' })).toEqual({
      fault: 'The value of a has double braces, which are not filled in',
    });
  });
});
