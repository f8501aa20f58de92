import { beforeAll, describe, expect, test } from 'vitest';
import type { Running } from '../../local/start.ts';
import { nameOf, scratch, startFixture } from './fixture/run.ts';

const dataDir = scratch();
let running: Running;
beforeAll(async () => {
  running = await startFixture({ dataDir });
});

const signature = (principal: string, service: string): string =>
  `AWS4-HMAC-SHA256 Credential=${principal}/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=x`;

/** Calls a service that speaks JSON, as this principal. */
async function call(
  target: string,
  service: string,
  input: object,
  principal = 'root',
): Promise<Record<string, unknown>> {
  const response = await fetch(running.awsEndpoint, {
    method: 'POST',
    headers: { authorization: signature(principal, service), 'x-amz-target': target },
    body: JSON.stringify(input),
  });
  return (await response.json()) as Record<string, unknown>;
}
const secrets = (operation: string, input: object, principal?: string) =>
  call(`secretsmanager.${operation}`, 'secretsmanager', input, principal);

describe('secrets', () => {
  test('one of the template has a value that was drawn once, and only who was granted may read it', async () => {
    const role = nameOf(running, 'AWS::IAM::Role', 'SendFunctionServiceRole');
    const { SecretString, ARN } = await secrets('GetSecretValue', { SecretId: 'fixture/key' }, role);
    expect(String(SecretString)).toHaveLength(32);
    expect(await secrets('GetSecretValue', { SecretId: ARN }, role)).toMatchObject({ SecretString });
    const other = nameOf(running, 'AWS::IAM::Role', 'EchoFunctionServiceRole');
    expect((await secrets('GetSecretValue', { SecretId: ARN }, other)).__type).toBe('AccessDeniedException');
  });

  test('are made, changed, described and removed', async () => {
    await secrets('CreateSecret', { Name: 'own', SecretString: 'one' });
    expect((await secrets('CreateSecret', { Name: 'own', SecretString: 'x' })).__type).toBe(
      'ResourceExistsException',
    );
    await secrets('PutSecretValue', { SecretId: 'own', SecretString: 'two' });
    expect(await secrets('GetSecretValue', { SecretId: 'own' })).toMatchObject({ SecretString: 'two' });
    expect(await secrets('DescribeSecret', { SecretId: 'own' })).not.toHaveProperty('SecretString');
    await secrets('DeleteSecret', { SecretId: 'own' });
    expect((await secrets('GetSecretValue', { SecretId: 'own' })).__type).toBe('ResourceNotFoundException');
  });

  test('survive the run', async () => {
    await secrets('CreateSecret', { Name: 'lasting', SecretString: 'kept' });
    const { SecretString } = await secrets('GetSecretValue', { SecretId: 'fixture/key' });
    await running.stop();
    running = await startFixture({ dataDir });
    expect(await secrets('GetSecretValue', { SecretId: 'lasting' })).toMatchObject({ SecretString: 'kept' });
    expect(await secrets('GetSecretValue', { SecretId: 'fixture/key' })).toMatchObject({ SecretString });
  });
});

describe('text messages', () => {
  const send = (input: object) => call('PinpointSMSVoiceV2.SendTextMessage', 'sms-voice', input);

  test('are accepted with an id and land in the outbox', async () => {
    const { MessageId } = await send({
      DestinationPhoneNumber: '+255700000001',
      MessageBody: 'Habari',
      Context: { id: '7' },
    });
    expect(running.outbox()[0]).toMatchObject({
      kind: 'sms',
      to: '+255700000001',
      content: { messageId: MessageId, text: 'Habari', context: { id: '7' } },
    });
  });

  test('are refused without a number, and not sent when they are only tried', async () => {
    const before = running.outbox().length;
    expect((await send({ MessageBody: 'x' })).__type).toBe('ValidationException');
    expect(
      await send({ DestinationPhoneNumber: '+255700000001', MessageBody: 'x', DryRun: true }),
    ).toHaveProperty('MessageId');
    expect(running.outbox()).toHaveLength(before);
  });
});

describe('files', () => {
  test('may be sent by a browser’s form, judged by the role that signed it', async () => {
    const bucket = nameOf(running, 'AWS::S3::Bucket', 'Files');
    const upload = (principal: string): Promise<Response> => {
      const form = new FormData();
      form.set('key', 'uploads/contacts.csv');
      form.set('Content-Type', 'text/csv');
      form.set('X-Amz-Credential', `${principal}/20260101/us-east-1/s3/aws4_request`);
      form.set('Policy', Buffer.from('{}').toString('base64'));
      form.set('file', new Blob(['a,b\r\n1,2\r\n'], { type: 'text/csv' }), 'contacts.csv');
      return fetch(`${running.awsEndpoint}/${bucket}`, { method: 'POST', body: form });
    };
    expect((await upload(nameOf(running, 'AWS::IAM::Role', 'EchoFunctionServiceRole'))).status).toBe(403);
    expect((await upload(nameOf(running, 'AWS::IAM::Role', 'SendFunctionServiceRole'))).status).toBe(204);
    const read = await fetch(`${running.awsEndpoint}/${bucket}/uploads/contacts.csv`, {
      headers: { authorization: signature('root', 's3') },
    });
    expect(await read.text()).toBe('a,b\r\n1,2\r\n');
  });
});

describe('a function that is called through Lambda’s own API', () => {
  const invoke = (payload: string, type = 'RequestResponse'): Promise<Response> =>
    fetch(
      `${running.awsEndpoint}/2015-03-31/functions/${nameOf(running, 'AWS::Lambda::Function', 'FaultsFunction')}/invocations`,
      {
        method: 'POST',
        headers: { authorization: signature('root', 'lambda'), 'x-amz-invocation-type': type },
        body: payload,
      },
    );

  test('answers, or tells its error as Lambda does', async () => {
    expect(await (await invoke('{"body":"{}"}')).json()).toMatchObject({ statusCode: 200 });
    const failed = await invoke('{"body":"{\\"kind\\":\\"throw\\"}"}');
    expect(failed.headers.get('x-amz-function-error')).toBe('Unhandled');
    expect(await failed.json()).toMatchObject({ errorType: 'RangeError', errorMessage: 'out of range' });
  });

  test('may be called without waiting for it', async () => {
    expect((await invoke('{}', 'Event')).status).toBe(202);
  });
});
