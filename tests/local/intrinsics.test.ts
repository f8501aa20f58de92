// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Fn::Sub has placeholders of this form
import { describe, expect, test } from 'vitest';
import { intrinsics } from '../../local/template/intrinsics.ts';

const { resolve, holds } = intrinsics(
  {
    Resources: {},
    Parameters: { Size: { Type: 'String', Default: 'small' }, Open: { Type: 'String' } },
    Mappings: { Regions: { 'us-east-1': { host: 'east' } } },
    Conditions: {
      Small: { 'Fn::Equals': [{ Ref: 'Size' }, 'small'] },
      Large: { 'Fn::Not': [{ Condition: 'Small' }] },
      Both: { 'Fn::And': [{ Condition: 'Small' }, { Condition: 'Large' }] },
      Either: { 'Fn::Or': [{ Condition: 'Small' }, { Condition: 'Large' }] },
    },
  },
  { 'AWS::Region': 'us-east-1' },
  {
    ref: (id) => `ref-of-${id}`,
    attribute: (id, attribute) => `${attribute}-of-${id}`,
  },
);

describe('an intrinsic function is replaced by its result', () => {
  test.each([
    [{ Ref: 'Table' }, 'ref-of-Table'],
    [{ Ref: 'AWS::Region' }, 'us-east-1'],
    [{ Ref: 'Size' }, 'small'],
    [{ 'Fn::GetAtt': ['Table', 'Arn'] }, 'Arn-of-Table'],
    [{ 'Fn::GetAtt': 'Nested.Outputs.Name' }, 'Outputs.Name-of-Nested'],
    [{ 'Fn::Join': ['-', ['a', { Ref: 'AWS::Region' }, 1]] }, 'a-us-east-1-1'],
    [
      { 'Fn::Sub': 'x/${Table}/${Table.Arn}/${!literal}/${AWS::Region}' },
      'x/ref-of-Table/Arn-of-Table/${literal}/us-east-1',
    ],
    [{ 'Fn::Sub': ['${Own}-${Table}', { Own: { Ref: 'Size' } }] }, 'small-ref-of-Table'],
    [{ 'Fn::Select': ['1', { 'Fn::Split': [':', 'a:b:c'] }] }, 'b'],
    [{ 'Fn::If': ['Small', 'yes', 'no'] }, 'yes'],
    [{ 'Fn::If': ['Large', 'yes', { Ref: 'Table' }] }, 'ref-of-Table'],
    [{ 'Fn::FindInMap': ['Regions', { Ref: 'AWS::Region' }, 'host'] }, 'east'],
    [
      {
        a: [{ Ref: 'AWS::NoValue' }, 1],
        b: { Ref: 'AWS::NoValue' },
        c: { 'Fn::If': ['Large', 1, { Ref: 'AWS::NoValue' }] },
      },
      { a: [1] },
    ],
    [
      { Statement: { Condition: { Bool: { x: 'true' } } } },
      { Statement: { Condition: { Bool: { x: 'true' } } } },
    ],
    [{ Condition: { Bool: { x: 'true' } } }, { Condition: { Bool: { x: 'true' } } }],
  ])('%j', (value, expected) => {
    expect(resolve(value)).toEqual(expected);
  });
});

test('conditions may be made of conditions', () => {
  expect([holds('Small'), holds('Large'), holds('Both'), holds('Either')]).toEqual([
    true,
    false,
    false,
    true,
  ]);
});

test.each([
  [{ 'Fn::Cidr': ['x'] }, 'The template uses Fn::Cidr, which a local run does not know'],
  [{ Ref: 'Open' }, 'The template’s parameter Open has no default value'],
  [
    { 'Fn::FindInMap': ['Regions', 'eu-west-1', 'host'] },
    'The template has no mapping Regions.eu-west-1.host',
  ],
  [{ 'Fn::If': ['Unknown', 1, 2] }, 'The template has no condition Unknown'],
])('%j is refused by name', (value, message) => {
  expect(() => resolve(value)).toThrow(message.replace('’', "'"));
});
