import { expect, test } from 'vitest';
import { dynamo } from '../../checks/dynamo.ts';
import { file } from './file.ts';

const text = `
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { GetObjectCommand } from '@aws-sdk/client-s3';
await documents().send(new GetCommand({}));
await s3.send(new GetObjectCommand({}));
`;

test('finds imports of the SDK, types too, and commands that are sent', () => {
  expect(dynamo([file(text, 'functions/a/b.ts')])).toEqual([
    'functions/a/b.ts:1 imports @aws-sdk/client-dynamodb',
    'functions/a/b.ts:2 imports @aws-sdk/lib-dynamodb',
    'functions/a/b.ts:4 sends GetCommand',
  ]);
});

test('leaves core/dynamo alone', () => {
  expect(dynamo([file(text, 'core/dynamo/client.ts')])).toEqual([]);
});
