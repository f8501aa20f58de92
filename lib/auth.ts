import { Aws, CfnOutput, Duration, Lazy, Stack } from 'aws-cdk-lib';
import {
  CfnManagedLoginBranding,
  CfnUserPoolGroup,
  ClientAttributes,
  FeaturePlan,
  ManagedLoginVersion,
  Mfa,
  OAuthScope,
  StringAttribute,
  UserPool,
  type UserPoolClient,
  UserPoolClientIdentityProvider,
} from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import { roles } from '../core/http/caller.ts';
import { present } from '../core/invariant.ts';
import { acknowledge } from './acknowledge.ts';
import { keptWhereDataIs } from './kept.ts';
import type { Settings } from './settings.ts';

/**
 * Attributes of a user beyond the standard ones. Only administrators write them, since they decide what a
 * user may do.
 */
const customAttributes = ['tenant_id', 'role', 'organization_id', 'creator'];

/** The standard attributes that a user may read and write: what describes a person, and decides nothing. */
const ownAttributes = { email: true, fullname: true, locale: true };

/** The page in which the console is. */
const consolePath = '/console';

/** The issuer of tokens: that of the stage's settings, or a Cognito user pool of our own. */
export class TokenIssuer extends Construct {
  /** The environment variables with which a function verifies a token. */
  readonly environment: Record<string, string>;
  /**
   * The audiences of which a token must name one, separated by commas: for a variable of the API's stage.
   * With a user pool it is the client, which `openSignIn` makes.
   */
  readonly audience: string;
  readonly #pool: UserPool | undefined;
  #client: UserPoolClient | undefined;

  constructor(scope: Construct, id: string, { auth, keepData }: Settings) {
    super(scope, id);
    if (auth) {
      this.environment = {
        TOKEN_ISSUER: auth.issuer,
        ...(auth.jwksUri ? { JWKS_URI: auth.jwksUri } : {}),
      };
      this.audience = auth.audience.join(',');
      return;
    }
    const pool = new UserPool(this, 'Users', {
      selfSignUpEnabled: false,
      signInAliases: { email: true },
      // The least plan that has managed login.
      featurePlan: FeaturePlan.ESSENTIALS,
      mfa: keepData ? Mfa.REQUIRED : Mfa.OPTIONAL,
      mfaSecondFactor: { otp: true, sms: false },
      passwordPolicy: {
        minLength: 12,
        requireDigits: true,
        requireLowercase: true,
        requireUppercase: true,
        requireSymbols: true,
      },
      customAttributes: Object.fromEntries(
        customAttributes.map((name) => [name, new StringAttribute({ mutable: true })]),
      ),
      deletionProtection: keepData,
      removalPolicy: keptWhereDataIs({ keepData }),
    });
    acknowledge(pool, {
      ...(keepData
        ? {}
        : { 'AwsSolutions-COG2': 'A second factor is optional on a stage whose data may be deleted.' }),
      'AwsSolutions-COG8':
        'Threat protection needs the Plus tier, billed by active user; `auth` takes an issuer that has it.',
    });
    for (const role of roles)
      new CfnUserPoolGroup(this, role, { userPoolId: pool.userPoolId, groupName: role });
    this.#pool = pool;
    this.environment = { TOKEN_ISSUER: pool.userPoolProviderUrl };
    this.audience = Lazy.string({
      produce: () => present(this.#client, 'openSignIn makes the client').userPoolClientId,
    });
  }

  /**
   * Makes the sign-in page and the client of the user pool; does nothing with another issuer. To be called
   * once the API's address is known, to which the browser returns.
   *
   * @param apiUrl without a slash at the end.
   */
  openSignIn(apiUrl: string, { stage, signIn }: Settings): void {
    const pool = this.#pool;
    if (!pool) return;
    const page = `${apiUrl}${consolePath}`;
    const callbackUrls = [page, ...signIn.callbackUrls];
    // A public client: authorization code without a secret, which callers bind by PKCE (RFC 7636). Saying so
    // by `generateSecret: false` would replace the client of a stage that was deployed without it.
    const client = pool.addClient('Client', {
      // Nothing but the sign-in page takes passwords. The flow that is left continues sessions.
      authFlows: { userSrp: false },
      supportedIdentityProviders: [UserPoolClientIdentityProvider.COGNITO],
      oAuth: {
        flows: { authorizationCodeGrant: true },
        // `profile` is what puts custom attributes into an ID token when other scopes are asked for beside
        // `openid` (Cognito developer guide, userInfo endpoint).
        scopes: [OAuthScope.OPENID, OAuthScope.EMAIL, OAuthScope.PROFILE],
        callbackUrls,
        logoutUrls: [page, ...signIn.logoutUrls],
      },
      preventUserExistenceErrors: true,
      enableTokenRevocation: true,
      accessTokenValidity: Duration.minutes(signIn.tokenMinutes),
      idTokenValidity: Duration.minutes(signIn.tokenMinutes),
      refreshTokenValidity: Duration.hours(signIn.refreshHours),
      // An ID token has readable attributes only, and without this list no custom one is readable.
      readAttributes: new ClientAttributes()
        .withStandardAttributes({ ...ownAttributes, emailVerified: true })
        .withCustomAttributes(...customAttributes),
      // Standard attributes only: with `custom:tenant_id` a user could enter any tenant.
      writeAttributes: new ClientAttributes().withStandardAttributes(ownAttributes),
    });
    this.#client = client;
    const domain = pool.addDomain('SignInPage', {
      cognitoDomain: { domainPrefix: signIn.domainPrefix ?? `bulkhead-${stage}-${Aws.ACCOUNT_ID}` },
      managedLoginVersion: ManagedLoginVersion.NEWER_MANAGED_LOGIN,
    });
    // Without a branding the pages of this version are not shown (Cognito developer guide, managed login).
    new CfnManagedLoginBranding(this, 'Branding', {
      userPoolId: pool.userPoolId,
      clientId: client.userPoolClientId,
      useCognitoProvidedValues: true,
    });
    const signInQuery = new URLSearchParams({ response_type: 'code', scope: 'openid email profile' });
    const returning = `client_id=${client.userPoolClientId}&redirect_uri=${page}`;
    const commandLine = signIn.callbackUrls.find((url) => url.startsWith('http:'));
    const outputs: Record<string, { value: string; description: string }> = {
      UserPoolId: { value: pool.userPoolId, description: 'The user pool, whose users `npm run user` keeps' },
      UserPoolClientId: {
        value: client.userPoolClientId,
        description: 'The client of the user pool: the audience of tokens',
      },
      TokenIssuer: { value: pool.userPoolProviderUrl, description: 'The issuer of tokens (OpenID Connect)' },
      SignInPage: {
        value: `${domain.baseUrl()}/login?${signInQuery}&${returning}`,
        description: 'Where users sign in, and set their first password',
      },
      Console: { value: page, description: 'The console, to which the sign-in page returns' },
      ...(commandLine
        ? {
            TokenCallback: { value: commandLine, description: 'Where `npm run token` waits for the browser' },
          }
        : {}),
    };
    for (const [name, output] of Object.entries(outputs)) new CfnOutput(Stack.of(this), name, output);
  }
}
