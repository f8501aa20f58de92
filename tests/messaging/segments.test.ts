import { expect, test } from 'vitest';
import { batchIdFrom, messageId, placeOfMessage } from '../../functions/messaging/sms/messages/id.ts';
import { measure } from '../../functions/messaging/sms/messages/segments.ts';
import { fillIn, variablesOf } from '../../functions/messaging/sms/templates/text.ts';

test.each([
  ['', 'GSM-7', 1],
  ['a'.repeat(160), 'GSM-7', 1],
  ['a'.repeat(161), 'GSM-7', 2],
  ['a'.repeat(306), 'GSM-7', 2],
  ['a'.repeat(307), 'GSM-7', 3],
  ['é'.repeat(160), 'GSM-7', 1],
  ['€'.repeat(80), 'GSM-7', 1],
  ['€'.repeat(81), 'GSM-7', 2],
  // An escape is never parted from its character: 76 of them and one unit to spare.
  [`${'€'.repeat(152)}a`, 'GSM-7', 2],
  [`${'€'.repeat(153)}`, 'GSM-7', 3],
  ['ж'.repeat(70), 'UCS-2', 1],
  ['ж'.repeat(71), 'UCS-2', 2],
  ['ж'.repeat(134), 'UCS-2', 2],
  ['ж'.repeat(135), 'UCS-2', 3],
  ['😀'.repeat(35), 'UCS-2', 1],
  ['😀'.repeat(36), 'UCS-2', 2],
  // 33 emoji are 66 units: the 67th has room for no half of one.
  ['😀'.repeat(66), 'UCS-2', 2],
  ['😀'.repeat(67), 'UCS-2', 3],
  [`ç${'a'.repeat(70)}`, 'UCS-2', 2],
] as const)('counts what a carrier bills (%#)', (text, encoding, segments) => {
  expect(measure(text)).toEqual({ encoding, segments });
});

test('fills in variables however they are written, and names those that have no value', () => {
  expect(fillIn('Hi {{name}}, {{ First Name }}!', { name: 'Jo', 'first name': 'J' })).toEqual({
    text: 'Hi Jo, J!',
  });
  expect(fillIn('{{a}} {{b}} {{a}} {{c}}', { b: 'x', c: '' })).toEqual({ missing: ['a', 'c'] });
  expect(variablesOf('{{a}} {{ B }} {{a}} {b} {{}}')).toEqual(['a', 'b']);
});

test('takes nothing of what is filled in for a variable or a pattern', () => {
  expect(fillIn('{{name}}', { name: '{phone} $& $1', phone: '+1' })).toEqual({ text: '{phone} $& $1' });
  expect(fillIn('{{name}}', { name: '{{phone}}', phone: '+1' })).toEqual({
    fault: 'The value of name has double braces, which are not filled in',
  });
  expect(fillIn('{{constructor}} {{__proto__}}', {})).toEqual({ missing: ['constructor', '__proto__'] });
});

test('finds the batch of a message and its place from the id alone', () => {
  const batch = batchIdFrom('0b6e4d4c-94e1-4f0e-9d3c-9a5f0c3b7e21');
  for (const n of [0, 1, 255, 49_999]) {
    const id = messageId(batch, n);
    expect(placeOfMessage(id)).toEqual({ batchId: batch, n });
    expect(placeOfMessage(id.toUpperCase())).toEqual({ batchId: batch, n });
  }
  for (const id of [batch, '', 'x', `${messageId(batch, 1)}0`]) expect(placeOfMessage(id)).toBeUndefined();
});
