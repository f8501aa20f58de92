import type { APIGatewayProxyEvent } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { parseMultipart } from '../../core/http/multipart.ts';
import { Problem } from '../../core/http/problem.ts';
import { bodyIdentity, isMultipart } from '../../core/http/request.ts';

function eventOf(body: string | Buffer, type: string): APIGatewayProxyEvent {
  const event: Partial<APIGatewayProxyEvent> = {
    body: Buffer.from(body as string).toString('base64'),
    isBase64Encoded: true,
    multiValueHeaders: { 'Content-Type': [type] },
  };
  return event as APIGatewayProxyEvent;
}

const contentType = 'multipart/form-data; boundary=XX';
const field = (name: string, value: string) =>
  `--XX\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const file = (name: string, fileName: string, value: string) =>
  `--XX\r\nContent-Disposition: form-data; name="${name}"; filename="${fileName}"\r\nContent-Type: text/csv\r\n\r\n${value}\r\n`;
const formEnd = '--XX--\r\n';

const outcomeOf = async (body: string | Buffer, type = contentType) => {
  try {
    return { ...(await parseMultipart(eventOf(body, type))) };
  } catch (error) {
    if (error instanceof Problem) return { refused: error.code };
    throw error;
  }
};

test('gives fields as texts and a file as its bytes', async () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
  const body = Buffer.concat([
    Buffer.from(field('a', 'Zoë')),
    Buffer.from(file('file', 'x.csv', '').slice(0, -2)),
    bytes,
    Buffer.from(`\r\n${formEnd}`),
  ]);
  expect(await outcomeOf(body)).toEqual({ a: 'Zoë', file: { name: 'x.csv', type: 'text/csv', bytes } });
});

test('reads an input without a chosen file as no file', async () => {
  expect(await outcomeOf(field('a', '1') + file('file', '', '') + formEnd)).toEqual({ a: '1' });
});

describe('understands every legal way to write a boundary', () => {
  const body = (boundary: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--${boundary}--\r\n`;
  test.each([
    ['multipart/form-data; boundary="a b"', 'a b'],
    ['multipart/form-data; charset=utf-8; boundary=a_b.c', 'a_b.c'],
    ['Multipart/Form-Data;boundary=----WebKitFormBoundaryX', '----WebKitFormBoundaryX'],
  ])('%s', async (type, boundary) => {
    expect(isMultipart(eventOf('', type))).toBe(true);
    expect(await outcomeOf(body(boundary), type)).toEqual({ a: '1' });
    expect(bodyIdentity(eventOf(body(boundary), type))).not.toContain(boundary);
  });
});

describe('refuses without ending the process', () => {
  const whole = field('a', '1') + file('file', 'x', 'y'.repeat(500)) + formEnd;
  test.each([1, 20, 60, 100, 180, 400, whole.length - 8])('a form cut off after %i bytes', async (length) => {
    expect(await outcomeOf(whole.slice(0, length))).toEqual({ refused: 'invalid' });
  });

  test.each([
    ['a field twice', field('a', '1') + field('a', '2') + formEnd, contentType],
    ['two files', file('file', 'x', '1') + file('more', 'y', '2') + formEnd, contentType],
    [
      'more fields than any form has',
      Array.from({ length: 30 }, (_, n) => field(`f${n}`, '')).join('') + formEnd,
      contentType,
    ],
    ['a name that is too long', field('n'.repeat(200), '1') + formEnd, contentType],
    ['no boundary', whole, 'multipart/form-data'],
    ['another boundary', whole, 'multipart/form-data; boundary=YY'],
    ['no form at all', 'phone\n+255', contentType],
    ['nothing', '', contentType],
  ])('%s', async (_, body, type) => {
    expect(await outcomeOf(body, type)).toEqual({ refused: 'invalid' });
  });
});

test('a field’s name reaches no prototype', async () => {
  const values = await parseMultipart(
    eventOf(field('__proto__', 'x') + field('constructor', 'y') + formEnd, contentType),
  );
  expect(Object.keys(values).toSorted()).toEqual(['__proto__', 'constructor']);
  expect(({} as Record<string, unknown>).x).toBeUndefined();
});
