import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll } from 'vitest';

interface Attribute {
  Name: string;
  Value: string;
}

interface User {
  attributes: Map<string, string>;
  enabled: boolean;
  status: string;
}

interface Answer {
  status: number;
  type?: string;
  headers?: Record<string, string>;
  body: string;
}

/**
 * The members of each request that Cognito knows (API reference of Cognito user pools), the required ones first.
 */
const members: Record<string, { required: string[]; optional: string[] }> = {
  AdminCreateUser: {
    required: ['UserPoolId', 'Username'],
    optional: [
      'ClientMetadata',
      'DesiredDeliveryMediums',
      'ForceAliasCreation',
      'MessageAction',
      'TemporaryPassword',
      'UserAttributes',
      'ValidationData',
    ],
  },
  AdminGetUser: { required: ['UserPoolId', 'Username'], optional: [] },
  AdminUpdateUserAttributes: {
    required: ['UserPoolId', 'Username', 'UserAttributes'],
    optional: ['ClientMetadata'],
  },
  AdminDisableUser: { required: ['UserPoolId', 'Username'], optional: [] },
  AdminEnableUser: { required: ['UserPoolId', 'Username'], optional: [] },
  AdminDeleteUser: { required: ['UserPoolId', 'Username'], optional: [] },
  ListUsers: {
    required: ['UserPoolId'],
    optional: ['AttributesToGet', 'Filter', 'Limit', 'PaginationToken'],
  },
};

class Fault extends Error {}

const fault = (name: string, message: string): Fault => Object.assign(new Fault(message), { name });

/**
 * A small Cognito over HTTP: the admin API of one user pool (JSON 1.1), its endpoints of OAuth, and of
 * CloudFormation the outputs of one stack (Query). It refuses what Cognito refuses.
 */
export async function cognitoStandIn({ outputs }: { outputs?: Record<string, string> } = {}) {
  const poolId = 'eu-west-1_AbCdEf123';
  const clientId = '1example23456789';
  const users = new Map<string, User>();
  /** The requests of the admin API, in order. */
  const requests: { action: string; body: Record<string, unknown> }[] = [];
  const codes = new Map<string, { challenge: string; callback: string }>();
  /** Of the token endpoint. */
  const exchanges: URLSearchParams[] = [];

  const server = createServer((message, response) => {
    void answer(message).then(({ status, type = 'application/json', headers, body }) => {
      response.writeHead(status, { 'Content-Type': type, ...headers });
      response.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const callback = 'http://localhost:8976/signed-in';
  const stackOutputs = outputs ?? {
    Url: 'https://api.example.com',
    UserPoolId: poolId,
    UserPoolClientId: clientId,
    SignInPage: `${url}/login?client_id=${clientId}`,
    TokenCallback: callback,
  };

  async function answer(message: IncomingMessage): Promise<Answer> {
    const body = await text(message);
    const { pathname, searchParams } = new URL(message.url ?? '/', url);
    if (pathname === '/oauth2/authorize') return authorize(searchParams);
    if (pathname === '/oauth2/token') return exchange(message, new URLSearchParams(body));
    const target = message.headers['x-amz-target'];
    if (typeof target === 'string') return admin(target, JSON.parse(body) as Record<string, unknown>);
    return stacks(new URLSearchParams(body));
  }

  function admin(target: string, body: Record<string, unknown>): Answer {
    const [service, action = ''] = target.split('.');
    try {
      const known = members[action];
      if (service !== 'AWSCognitoIdentityProviderService' || !known)
        throw fault('UnknownOperationException', target);
      for (const name of known.required)
        if (!(name in body)) throw fault('InvalidParameterException', `Missing required parameter ${name}`);
      for (const name of Object.keys(body))
        if (![...known.required, ...known.optional].includes(name))
          throw fault('SerializationException', `Unknown member ${name}`);
      if (body.UserPoolId !== poolId)
        throw fault('ResourceNotFoundException', `User pool ${body.UserPoolId} does not exist.`);
      requests.push({ action, body });
      return { status: 200, type: 'application/x-amz-json-1.1', body: JSON.stringify(act(action, body)) };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return {
        status: 400,
        type: 'application/x-amz-json-1.1',
        body: JSON.stringify({ __type: error.name, message: error.message }),
      };
    }
  }

  function act(action: string, body: Record<string, unknown>): object {
    if (action === 'ListUsers') return page(Number(body.Limit ?? 60), body.PaginationToken);
    const name = String(body.Username);
    const user = users.get(name);
    const attributes = (body.UserAttributes ?? []) as Attribute[];
    for (const { Name } of attributes)
      if (!/^(email|email_verified|custom:(tenant_id|role|organization_id|creator))$/.test(Name))
        throw fault('InvalidParameterException', `Attribute ${Name} is not in the schema of the pool`);
    if (action === 'AdminCreateUser') {
      if (body.MessageAction === 'RESEND') {
        if (!user) throw fault('UserNotFoundException', 'User does not exist.');
      } else if (user) throw fault('UsernameExistsException', 'User account already exists');
      else
        users.set(name, {
          enabled: true,
          status: 'FORCE_CHANGE_PASSWORD',
          attributes: new Map(attributes.map(({ Name, Value }) => [Name, Value])),
        });
      return { User: { Username: randomUUID() } };
    }
    if (!user) throw fault('UserNotFoundException', 'User does not exist.');
    if (action === 'AdminGetUser') return { ...shown(user), UserAttributes: shown(user).Attributes };
    if (action === 'AdminDeleteUser') users.delete(name);
    if (action === 'AdminDisableUser') user.enabled = false;
    if (action === 'AdminEnableUser') user.enabled = true;
    for (const { Name, Value } of attributes)
      if (Value === '') user.attributes.delete(Name);
      else user.attributes.set(Name, Value);
    return {};
  }

  function shown({ attributes, enabled, status }: User) {
    return {
      Username: randomUUID(),
      Enabled: enabled,
      UserStatus: status,
      Attributes: [...attributes].map(([Name, Value]) => ({ Name, Value })),
    };
  }

  /** Two users a page, whatever is asked for, so that callers have to follow the token. */
  function page(limit: number, token: unknown): object {
    if (limit < 1 || limit > 60) throw fault('InvalidParameterException', 'Limit is 1 to 60');
    const from = Number(token ?? 0);
    const all = [...users.values()];
    return {
      Users: all.slice(from, from + 2).map(shown),
      ...(from + 2 < all.length ? { PaginationToken: String(from + 2) } : {}),
    };
  }

  function authorize(query: URLSearchParams): Answer {
    const isKnown = query.get('client_id') === clientId && query.get('redirect_uri') === callback;
    if (!isKnown || query.get('response_type') !== 'code')
      return { status: 400, body: '{"error":"invalid_request"}' };
    const state = query.get('state') ?? '';
    const challenge = query.get('code_challenge');
    if (
      query.get('scope') !== 'openid email profile' ||
      query.get('code_challenge_method') !== 'S256' ||
      !challenge
    )
      return back(new URLSearchParams({ error: 'invalid_request', state }));
    const code = randomUUID();
    codes.set(code, { challenge, callback });
    return back(new URLSearchParams({ code, state }));
  }

  const back = (query: URLSearchParams): Answer => ({
    status: 302,
    headers: { Location: `${callback}?${query}` },
    body: '',
  });

  function exchange(message: IncomingMessage, form: URLSearchParams): Answer {
    exchanges.push(form);
    const given = codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    const verifier = form.get('code_verifier') ?? '';
    const isGood =
      message.headers['content-type']?.startsWith('application/x-www-form-urlencoded') &&
      !('authorization' in message.headers) &&
      form.get('grant_type') === 'authorization_code' &&
      form.get('client_id') === clientId &&
      form.get('redirect_uri') === given?.callback &&
      /^[A-Za-z0-9._~-]{43,128}$/.test(verifier) &&
      createHash('sha256').update(verifier).digest('base64url') === given?.challenge;
    return isGood
      ? {
          status: 200,
          body: '{"id_token":"eyJ.id.token","access_token":"a","refresh_token":"r","expires_in":3600,"token_type":"Bearer"}',
        }
      : { status: 400, body: '{"error":"invalid_grant"}' };
  }

  function stacks(form: URLSearchParams): Answer {
    const name = form.get('StackName') ?? '';
    const type = 'text/xml';
    if (form.get('Action') !== 'DescribeStacks' || name !== 'bulkhead-prod')
      return {
        status: 400,
        type,
        body: `<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id ${name} does not exist</Message></Error><RequestId>r1</RequestId></ErrorResponse>`,
      };
    const listed = Object.entries(stackOutputs).map(
      ([key, value]) =>
        `<member><OutputKey>${key}</OutputKey><OutputValue>${value.replaceAll('&', '&amp;')}</OutputValue></member>`,
    );
    return {
      status: 200,
      type,
      body: `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member><StackName>${name}</StackName><StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime><Outputs>${listed.join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
    };
  }

  return { url, users, requests, exchanges, poolId, clientId, callback };
}
