import { CfnUserPoolGroup, ClientAttributes, Mfa, StringAttribute, UserPool } from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import { roles } from '../core/http/caller.ts';
import { acknowledge } from './acknowledge.ts';
import { keptWhereDataIs } from './kept.ts';
import type { Settings } from './settings.ts';

/**
 * Attributes of a user beyond the standard ones. Only administrators write them, since they decide what a
 * user may do.
 */
const customAttributes = ['tenant_id', 'role', 'organization_id', 'creator'];

/** The issuer of tokens: that of the stage's settings, or a Cognito user pool of our own. */
export class TokenIssuer extends Construct {
  /** The environment variables with which a function verifies a token. */
  readonly environment: Record<string, string>;

  constructor(scope: Construct, id: string, { auth, keepData }: Settings) {
    super(scope, id);
    if (auth) {
      this.environment = {
        TOKEN_ISSUER: auth.issuer,
        TOKEN_AUDIENCE: auth.audience.join(' '),
        ...(auth.jwksUri ? { JWKS_URI: auth.jwksUri } : {}),
      };
      return;
    }
    const pool = new UserPool(this, 'Users', {
      selfSignUpEnabled: false,
      signInAliases: { email: true },
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
    // A client writes standard attributes only: with `custom:tenant_id` a user could enter any tenant.
    const client = pool.addClient('Client', {
      authFlows: { userSrp: true },
      preventUserExistenceErrors: true,
      writeAttributes: new ClientAttributes().withStandardAttributes({
        email: true,
        fullname: true,
        locale: true,
      }),
    });
    this.environment = { TOKEN_ISSUER: pool.userPoolProviderUrl, TOKEN_AUDIENCE: client.userPoolClientId };
  }
}
