import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type AccountFacts, readAccount } from '../lib/preflight/account.ts';
import { findingsOf } from '../lib/preflight/findings.ts';
import { readSettings } from '../lib/settings.ts';
import { command } from './command.ts';

interface Reply {
  status?: number;
  type?: string;
  headers?: Record<string, string>;
  body: string;
}

/** Answers of a fresh account, in the formats of the API references of the services. */
const fresh: Record<string, Reply> = {
  'sts GetCallerIdentity': {
    type: 'text/xml',
    body: `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
      <Arn>arn:aws:iam::123456789012:user/Alice</Arn><UserId>AIDACKCEVSQ6C2EXAMPLE</UserId>
      <Account>123456789012</Account></GetCallerIdentityResult>
      <ResponseMetadata><RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId></ResponseMetadata>
      </GetCallerIdentityResponse>`,
  },
  'AmazonSSM.GetParameter': {
    status: 400,
    body: JSON.stringify({ __type: 'ParameterNotFound', message: '' }),
  },
  'GET /2016-08-19/account-settings': {
    body: JSON.stringify({
      AccountLimit: {
        ConcurrentExecutions: 10,
        UnreservedConcurrentExecutions: 10,
        TotalCodeSize: 80_530_636_800,
      },
      AccountUsage: { FunctionCount: 0, TotalCodeSize: 0 },
    }),
  },
  'GET /account': {
    body: JSON.stringify({
      apiKeyVersion: '4',
      features: ['UsagePlans'],
      throttleSettings: { burstLimit: 5_000 },
    }),
  },
  'PinpointSMSVoiceV2.DescribeAccountAttributes': {
    body: JSON.stringify({ AccountAttributes: [{ Name: 'ACCOUNT_TIER', Value: 'SANDBOX' }] }),
  },
  'PinpointSMSVoiceV2.DescribeSenderIds': { body: JSON.stringify({ SenderIds: [] }) },
};

/** Answers of an account in which everything was done. */
const ready: Record<string, Reply> = {
  ...fresh,
  'AmazonSSM.GetParameter': {
    body: JSON.stringify({
      Parameter: { Name: '/cdk-bootstrap/hnb659fds/version', Type: 'String', Value: '27' },
    }),
  },
  'GET /2016-08-19/account-settings': {
    body: JSON.stringify({ AccountLimit: { ConcurrentExecutions: 1_000 } }),
  },
  'GET /account': {
    body: JSON.stringify({
      cloudwatchRoleArn: 'arn:aws:iam::123456789012:role/Bulkhead-account-ApiGatewayLogs0C2A3F9B-x1YwZ3',
    }),
  },
  'PinpointSMSVoiceV2.DescribeAccountAttributes': {
    body: JSON.stringify({ AccountAttributes: [{ Name: 'ACCOUNT_TIER', Value: 'PRODUCTION' }] }),
  },
  'PinpointSMSVoiceV2.DescribeSenderIds': {
    body: JSON.stringify({
      SenderIds: [{ SenderId: 'CLINIC', IsoCountryCode: 'TZ', MessageTypes: ['TRANSACTIONAL'] }],
    }),
  },
};

/** IAM's refusal as each protocol words it. */
const denied = (call: string): Reply =>
  call.startsWith('sts')
    ? {
        status: 403,
        type: 'text/xml',
        body: '<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>no</Message></Error></ErrorResponse>',
      }
    : {
        status: call.startsWith('GET') ? 403 : 400,
        headers: { 'x-amzn-ErrorType': 'AccessDeniedException' },
        body: JSON.stringify({ __type: 'AccessDeniedException', message: 'User is not authorized' }),
      };

let server: Server;
let endpoint: string;
let replies: Record<string, Reply>;
let asked: string[];

const callOf = ({ method, url = '', headers }: IncomingMessage, body: string): string =>
  headers['x-amz-target']?.toString() ??
  (url === '/' ? `sts ${new URLSearchParams(body).get('Action')}` : `${method} ${url}`);

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const call = callOf(request, await text(request));
    asked.push(call);
    const {
      status = 200,
      type = 'application/json',
      headers,
      body,
    } = replies[call] ?? { status: 404, body: '{}' };
    response.writeHead(status, { 'Content-Type': type, ...headers }).end(body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
});
beforeEach(() => {
  replies = fresh;
  asked = [];
});

const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
const read = (): Promise<AccountFacts> =>
  readAccount({ endpoint, region: 'eu-west-1', credentials, maxAttempts: 1 });

const production = (own: object = {}) =>
  readSettings('prod', { prod: { keepData: true } }, { alarmEmail: 'ops@example.com', ...own });

const kinds = (facts: AccountFacts, settings = production()) =>
  findingsOf(facts, settings).map(({ kind, what }) => `${kind}: ${what}`);

describe('reads', () => {
  test('a fresh account', async () => {
    expect(await read()).toEqual({
      account: { known: '123456789012' },
      bootstrapVersion: { known: undefined },
      concurrentExecutionsMax: { known: 10 },
      apiGatewayLogRole: { known: undefined },
      smsTier: { known: 'SANDBOX' },
      smsSenders: { known: 0 },
    });
    expect(asked.toSorted()).toEqual(Object.keys(fresh).toSorted());
  });

  test('an account in which everything was done, of which it says nothing', async () => {
    replies = ready;
    expect(findingsOf(await read(), production())).toEqual([]);
  });

  test.each(Object.keys(fresh).filter((call) => !call.startsWith('sts')))(
    'everything else where %s is not allowed, and says that this could not be checked',
    async (call) => {
      replies = { ...ready, [call]: denied(call) };
      const findings = findingsOf(await read(), production());
      expect(findings).toMatchObject([{ kind: 'could not be checked' }]);
      expect(findings[0]?.what).toContain('AccessDeniedException');
      expect(findings[0]?.remedy).toMatch(/allow (ssm|lambda|apigateway|sms-voice):/);
    },
  );

  test('nothing more without valid credentials, which block', async () => {
    replies = { ...ready, 'sts GetCallerIdentity': denied('sts') };
    const facts = await read();
    expect(asked).toEqual(['sts GetCallerIdentity']);
    expect(findingsOf(facts, production())).toMatchObject([
      { kind: 'blocks', what: expect.stringContaining('InvalidClientTokenId'), remedy: expect.any(String) },
    ]);
  });
});

describe('says', () => {
  test('of a fresh account what to do, and what blocks', async () => {
    const found = findingsOf(await read(), readSettings('prod', { prod: { keepData: true } }));
    expect(found.map(({ kind, remedy }) => [kind, remedy.split(/ [-,]/)[0]])).toEqual([
      ['blocks', 'npx cdk bootstrap'],
      ['blocks', 'set it in cdk.json under stages.prod, or by'],
      ['advice', 'aws service-quotas request-service-quota-increase'],
      ['advice', 'ask for production access in the console of AWS End User Messaging SMS'],
      ['advice', 'register one in the console of AWS End User Messaging SMS, or set sms.provider to beem'],
    ]);
  });

  test('advice about a stage that keeps data with its alarms off, and nothing that blocks', async () => {
    replies = ready;
    expect(kinds(await read(), production({ alarms: false }))).toEqual([
      'advice: the stage prod keeps data, and its alarms are off: its failures are told to no one',
    ]);
  });

  test('nothing of text messages where another provider sends them, nor of alarms where data is not kept', async () => {
    const settings = readSettings('dev', {}, { keepData: false, sms: { provider: 'beem' } });
    replies = { ...fresh, 'AmazonSSM.GetParameter': ready['AmazonSSM.GetParameter'] ?? denied('') };
    expect(kinds(await read(), settings)).toEqual([
      'advice: the account runs 10 functions at a time: with more callers than that, some get 503',
    ]);
  });

  test('that a bootstrap is too old', async () => {
    replies = { ...ready, 'AmazonSSM.GetParameter': { body: JSON.stringify({ Parameter: { Value: '5' } }) } };
    expect(kinds(await read())).toEqual(['blocks: CDK’s bootstrap has version 5, and deployments need 6']);
  });

  test('that the role of somebody else’s logs would be replaced, unless it is left to the account', async () => {
    const cloudwatchRoleArn = 'arn:aws:iam::123456789012:role/apigateway-logs';
    replies = { ...ready, 'GET /account': { body: JSON.stringify({ cloudwatchRoleArn }) } };
    const facts = await read();
    expect(kinds(facts)).toEqual([
      `advice: API Gateway writes logs with ${cloudwatchRoleArn}, which the stack Bulkhead-account would replace`,
    ]);
    expect(kinds(facts, production({ accountLogRole: false }))).toEqual([]);
  });

  test('that an account without such a role needs one', async () => {
    replies = { ...ready, 'GET /account': fresh['GET /account'] ?? denied('') };
    expect(kinds(await read(), production({ accountLogRole: false }))).toEqual([
      'blocks: API Gateway has no role for logs in this account, and accountLogRole is false',
    ]);
  });
});

/** Runs the command with the stand-in as every service, in a shell without a Region. */
const preflight = (options: string[], environment: Record<string, string> = {}) =>
  command('preflight.ts', options, endpoint, { AWS_REGION: undefined, ...environment }).ended;

describe('npm run preflight', () => {
  test('ends with 1 where something blocks, and prints what to do', async () => {
    const { stdout, code } = await preflight(['--stage', 'prod', '--region', 'eu-west-1']);
    expect(stdout).toContain('stage prod, account 123456789012, Region eu-west-1');
    expect(stdout).toContain('blocks: the account has no bootstrap');
    expect(stdout).toContain('→ npx cdk bootstrap');
    expect(code).toBe(1);
  }, 60_000);

  test('ends with 0 where nothing stands in the way', async () => {
    replies = ready;
    const settings = '{"alarmEmail":"ops@example.com"}';
    const { stdout, code } = await preflight(['--stage', 'prod', '--settings', settings], {
      AWS_REGION: 'eu-west-1',
    });
    expect(stdout).toContain('nothing stands in the way: npm run deploy -- -c stage=prod');
    expect(code).toBe(0);
  }, 60_000);

  test('says that credentials are missing', async () => {
    const { stdout, code } = await preflight(['--region', 'eu-west-1'], {
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
    });
    expect(stdout).toContain(
      'blocks: there are no valid credentials of an AWS account: CredentialsProviderError',
    );
    expect(code).toBe(1);
  }, 60_000);

  test('refuses an unknown setting by its name, and a missing Region', async () => {
    const unknown = await preflight(['--region', 'eu-west-1', '--settings', '{"alarmMail":"x"}']);
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('alarmMail') });
    expect(await preflight([])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no Region: name it by --region'),
    });
  }, 60_000);
});
