import { Aws, CfnOutput, Fn } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { keptWhereDataIs } from './kept.ts';
import { secretGroup } from './secrets.ts';
import type { Settings } from './settings.ts';

/** The environment variables about the chain. */
export function stacksEnvironment({ stacks }: Settings): Record<string, string> {
  return {
    STACKS_NETWORK: stacks.network,
    STACKS_FEE: String(stacks.fee),
    STACKS_CONFIRMATIONS: String(stacks.confirmations),
    STACKS_API_LAG_SECONDS: String(stacks.apiLagSeconds),
    ...(stacks.apiUrl ? { STACKS_API_URL: stacks.apiUrl } : {}),
    ...(stacks.contract ? { STACKS_CONTRACT: stacks.contract } : {}),
  };
}

const noRotation =
  'The key owns the contract and the money for fees: with another key both would be out of reach.';

/**
 * The secret that the platform's key on the chain is derived from. It is generated with the stack and never
 * leaves it. To use an existing key, put its 64 hexadecimal digits in its place.
 *
 * Its name ends in the id that CloudFormation draws for each creation of a stack: a secret that outlived one
 * does not stand in the way of the next. It begins like those of its group, which the driver may read.
 */
export class SigningKey extends Construct {
  /** The environment variable that names the secret within its group. */
  readonly environment: Record<string, string>;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    const { prefix } = secretGroup(this, settings, 'stacksKeys');
    const name = `signer-${Fn.select(2, Fn.split('/', Aws.STACK_ID))}`;
    this.environment = { STACKS_SIGNER_SECRET: name };
    const secret = new Secret(this, 'Signer', {
      secretName: `${prefix}${name}`,
      description: 'The key that owns the contract with the prices of content, and signs its calls',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      // Its account holds the contract and the money for fees, so a stage that keeps data keeps it too.
      removalPolicy: keptWhereDataIs(settings),
    });
    acknowledge(secret, {
      'AwsSolutions-SMG4': noRotation,
      'HIPAA.Security-SecretsManagerRotationEnabled': noRotation,
      'HIPAA.Security-SecretsManagerUsingKMSKey':
        'AWS’s key of the account for Secrets Manager encrypts it; of the app only one function may read it.',
    });
    new CfnOutput(this, 'SecretName', {
      value: `${prefix}${name}`,
      description: 'The secret that the key on the chain is derived from',
    }).overrideLogicalId('SignerSecret');
  }
}
