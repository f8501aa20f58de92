import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { present } from '../core/invariant.ts';
import { synthesise } from './synthesise.ts';

/** The one resource of a type, as the template has it. */
function propertiesOf({ template }: Awaited<ReturnType<typeof synthesise>>, type: string) {
  const [resource] = Object.values(template.findResources(type));
  return present(resource, `the stack has a ${type}`).Properties as Record<string, unknown>;
}

const clientOf = (synthesised: Awaited<ReturnType<typeof synthesise>>) =>
  propertiesOf(synthesised, 'AWS::Cognito::UserPoolClient');

const outputsOf = ({ template }: Awaited<ReturnType<typeof synthesise>>) =>
  template.findOutputs('*') as Record<string, { Value?: unknown; Description?: string }>;

const api = (logicalId: unknown, path: string) => ({
  'Fn::Join': [
    '',
    [
      'https://',
      { Ref: logicalId },
      '.execute-api.',
      { Ref: 'AWS::Region' },
      '.',
      { Ref: 'AWS::URLSuffix' },
      path,
    ],
  ],
});

const prod = await synthesise('prod');
const [apiId] = Object.keys(prod.template.findResources('AWS::ApiGateway::RestApi'));
const console_ = api(apiId, '/prod/console');

describe('signing in on the stack’s own user pool', () => {
  test('gives codes to public clients only: no secret, no implicit flow, no administrator’s scope', () => {
    expect(clientOf(prod)).toMatchObject({
      AllowedOAuthFlows: ['code'],
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthScopes: ['openid', 'email', 'profile'],
      ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'],
      SupportedIdentityProviders: ['COGNITO'],
      PreventUserExistenceErrors: 'ENABLED',
      EnableTokenRevocation: true,
    });
    expect(clientOf(prod)).not.toHaveProperty('GenerateSecret');
  });

  test('leads back to the stage’s console, or to the command line on this machine', () => {
    expect(clientOf(prod)).toMatchObject({
      CallbackURLs: [console_, 'http://localhost:8976/signed-in'],
      LogoutURLs: [console_],
    });
  });

  test('gives tokens that have what the API asks for, and which a user cannot write', () => {
    const { ReadAttributes, WriteAttributes } = clientOf(prod);
    expect(ReadAttributes).toEqual([
      'custom:creator',
      'custom:organization_id',
      'custom:role',
      'custom:tenant_id',
      'email',
      'email_verified',
      'locale',
      'name',
    ]);
    expect(WriteAttributes).toEqual(['email', 'locale', 'name']);
  });

  test('gives tokens for an hour, and sessions for a day', () => {
    expect(clientOf(prod)).toMatchObject({
      IdTokenValidity: 60,
      AccessTokenValidity: 60,
      RefreshTokenValidity: 24 * 60,
      TokenValidityUnits: { IdToken: 'minutes', AccessToken: 'minutes', RefreshToken: 'minutes' },
    });
  });

  test('shows managed login, at an address that no other stage or account has', () => {
    expect(propertiesOf(prod, 'AWS::Cognito::UserPool')).toMatchObject({ UserPoolTier: 'ESSENTIALS' });
    expect(propertiesOf(prod, 'AWS::Cognito::UserPoolDomain')).toMatchObject({
      Domain: { 'Fn::Join': ['', ['bulkhead-prod-', { Ref: 'AWS::AccountId' }]] },
      ManagedLoginVersion: 2,
    });
    expect(propertiesOf(prod, 'AWS::Cognito::ManagedLoginBranding')).toMatchObject({
      UseCognitoProvidedValues: true,
      ClientId: { Ref: Object.keys(prod.template.findResources('AWS::Cognito::UserPoolClient'))[0] },
    });
  });

  test('tells each call which client its token has to be for, since functions cannot name it', () => {
    expect(propertiesOf(prod, 'AWS::ApiGateway::Stage')).toMatchObject({
      Variables: {
        tokenAudience: { Ref: Object.keys(prod.template.findResources('AWS::Cognito::UserPoolClient'))[0] },
      },
    });
  });

  test('is described by the outputs of the stack', () => {
    const outputs = outputsOf(prod);
    for (const name of ['Url', 'UserPoolId', 'UserPoolClientId', 'TokenIssuer', 'SignInPage', 'Console'])
      expect(outputs[name]?.Description).toMatch(/^[A-Z].{10,}/);
    expect(outputs.Url?.Value).toEqual(api(apiId, '/prod'));
    expect(outputs.Console?.Value).toEqual(console_);
    expect(outputs.TokenCallback?.Value).toBe('http://localhost:8976/signed-in');
    expect(JSON.stringify(outputs.SignInPage?.Value)).toContain('.auth.');
    expect(JSON.stringify(outputs.SignInPage?.Value)).toContain('/login?response_type=code');
  });

  test('can be set for a stage', async () => {
    const set = await synthesise('dev', {
      signIn: {
        domainPrefix: 'acme-bulk',
        callbackUrls: ['https://app.example.com/in'],
        logoutUrls: ['https://app.example.com/out'],
        tokenMinutes: 15,
        refreshHours: 720,
      },
    });
    expect(clientOf(set)).toMatchObject({
      CallbackURLs: [expect.anything(), 'https://app.example.com/in'],
      LogoutURLs: [expect.anything(), 'https://app.example.com/out'],
      IdTokenValidity: 15,
      RefreshTokenValidity: 720 * 60,
    });
    expect(propertiesOf(set, 'AWS::Cognito::UserPoolDomain').Domain).toBe('acme-bulk');
    expect(Object.keys(outputsOf(set))).not.toContain('TokenCallback');
  });
});

describe('settings of signing in that Cognito or good sense refuses are refused by name', () => {
  test.each([
    ['prod', { signIn: { refreshHours: 25 } }, /a session ends after a day at most/],
    ['dev', { signIn: { tokenMinutes: 61 } }, /tokenMinutes/],
    ['dev', { signIn: { tokenMinutes: 5 } }, /tokenMinutes/],
    ['dev', { signIn: { callbackUrls: ['http://app.example.com/in'] } }, /callbackUrls/],
    ['dev', { signIn: { domainPrefix: 'my-cognito' } }, /domainPrefix/],
    ['laws', {}, /domainPrefix/],
    ['dev', { auth: { issuer: 'https://login.example.com', audience: ['api'] }, signIn: {} }, /signIn/],
    ['dev', { auth: { issuer: 'https://login.example.com', audience: ['an api'] } }, /audience/],
  ])('stage %s with %j', async (stage, settings, message) => {
    await expect(synthesise(stage, settings)).rejects.toThrow(message);
  });
});

test('a stage with another issuer has no user pool, no sign-in page, and tells none', async () => {
  const issuer = 'https://login.example.com';
  const other = await synthesise('dev', { auth: { issuer, audience: ['api', 'app'] } });
  for (const type of ['UserPool', 'UserPoolClient', 'UserPoolDomain', 'ManagedLoginBranding'])
    other.template.resourceCountIs(`AWS::Cognito::${type}`, 0);
  other.template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: Match.objectLike({ TOKEN_ISSUER: issuer }) },
  });
  expect(propertiesOf(other, 'AWS::ApiGateway::Stage')).toMatchObject({
    Variables: { tokenAudience: 'api,app' },
  });
  expect(Object.keys(outputsOf(other)).toSorted()).toEqual(['SignerSecret', 'Url', 'batchNotices']);
});

describe('a domain of the stage’s own', () => {
  const domain = {
    name: 'api.example.com',
    certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/0c5e1f3a-0000-4000-8000-000000000000',
  };
  const zone = { hostedZoneId: 'Z0123456789', hostedZoneName: 'example.com' };

  test('has the stage at its root, and is what outputs and sign-in name', async () => {
    const set = await synthesise('prod', { domain: { ...domain, ...zone } });
    expect(propertiesOf(set, 'AWS::ApiGateway::DomainName')).toMatchObject({
      DomainName: 'api.example.com',
      RegionalCertificateArn: domain.certificateArn,
      EndpointConfiguration: { Types: ['REGIONAL'] },
      SecurityPolicy: 'TLS_1_2',
    });
    const mapping = propertiesOf(set, 'AWS::ApiGateway::BasePathMapping');
    expect(mapping).not.toHaveProperty('BasePath');
    expect(mapping.Stage).toEqual({
      Ref: Object.keys(set.template.findResources('AWS::ApiGateway::Stage'))[0],
    });
    expect(propertiesOf(set, 'AWS::Route53::RecordSet')).toMatchObject({
      Name: 'api.example.com.',
      Type: 'A',
      HostedZoneId: zone.hostedZoneId,
      AliasTarget: { DNSName: { 'Fn::GetAtt': [expect.any(String), 'RegionalDomainName'] } },
    });
    const outputs = outputsOf(set);
    expect(outputs.Url?.Value).toBe('https://api.example.com');
    expect(outputs.Console?.Value).toBe('https://api.example.com/console');
    expect(clientOf(set)).toMatchObject({
      CallbackURLs: ['https://api.example.com/console', expect.any(String)],
    });
  });

  test('without a hosted zone gets no record, and the stack tells what to point it at', async () => {
    const set = await synthesise('dev', { domain });
    set.template.resourceCountIs('AWS::Route53::RecordSet', 0);
    expect(Object.keys(outputsOf(set))).toContain('DomainTarget');
    expect(propertiesOf(set, 'AWS::ApiGateway::RestApi').DisableExecuteApiEndpoint).toBe(false);
  });

  test('can be the only address, which also makes a new deployment, without which it would not take effect', async () => {
    const both = await synthesise('dev', { domain });
    const only = await synthesise('dev', { domain: { ...domain, defaultEndpoint: false } });
    expect(propertiesOf(only, 'AWS::ApiGateway::RestApi').DisableExecuteApiEndpoint).toBe(true);
    const deployment = ({ template }: typeof both) =>
      Object.keys(template.findResources('AWS::ApiGateway::Deployment'));
    expect(deployment(only)).not.toEqual(deployment(both));
  });

  test.each([
    [{ ...domain, hostedZoneId: 'Z0123456789' }, /belong together/],
    [{ ...domain, ...zone, hostedZoneName: 'example.org' }, /not in the zone/],
    [{ ...domain, name: 'https://api.example.com' }, /name/],
    [{ ...domain, certificateArn: 'arn:aws:iam::123456789012:server-certificate/x' }, /certificateArn/],
  ])('that cannot be is refused: %j', async (wrong, message) => {
    await expect(synthesise('dev', { domain: wrong })).rejects.toThrow(message);
  });
});
