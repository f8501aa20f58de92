import { APIGatewayClient, GetAccountCommand } from '@aws-sdk/client-api-gateway';
import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  DescribeAccountAttributesCommand,
  DescribeSenderIdsCommand,
  PinpointSMSVoiceV2Client,
} from '@aws-sdk/client-pinpoint-sms-voice-v2';
import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient, type STSClientConfig } from '@aws-sdk/client-sts';

/** Settings of every client; by default those of the environment. */
export type ClientConfig = Pick<STSClientConfig, 'region' | 'credentials' | 'endpoint' | 'maxAttempts'>;

/** Something about an account, or the reason why it could not be read. */
export type Fact<T> = { known: T } | { unknown: string };

/** What a deployment depends on, of one account in one Region. */
export interface AccountFacts {
  /** The number of the account. Unknown without valid credentials; nothing else was asked for then. */
  account: Fact<string>;
  /** The version of the resources that CDK deploys with; `undefined` if they are missing. */
  bootstrapVersion: Fact<number | undefined>;
  /** The most executions of all functions of the account in the Region at a time. */
  concurrentExecutionsMax: Fact<number>;
  /** The ARN of the role with which API Gateway writes logs, if there is one. */
  apiGatewayLogRole: Fact<string | undefined>;
  /** `SANDBOX` or `PRODUCTION`, of AWS End User Messaging SMS. */
  smsTier: Fact<string>;
  /** Registered sender ids; of a page, since one is enough. */
  smsSenders: Fact<number>;
}

/** The parameter that `cdk bootstrap` leaves, with the qualifier that it has by default. */
export const bootstrapParameter = '/cdk-bootstrap/hnb659fds/version';

/** The names of IAM's refusals, which not every protocol gives the status 403. */
const deniedNames = ['AccessDeniedException', 'AccessDenied'];

/** The reason of a failed call: names and codes only. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as Error & { code?: string };
  if (deniedNames.includes(error.name)) return `it is not allowed (${error.name})`;
  if (code === 'ENOTFOUND') return 'the service has no address in this Region';
  return code ?? error.name;
}

const factOf = async <T>(read: () => Promise<T>): Promise<Fact<T>> => {
  try {
    return { known: await read() };
  } catch (error) {
    return { unknown: reasonOf(error) };
  }
};

async function readBootstrapVersion(ssm: SSMClient): Promise<number | undefined> {
  try {
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: bootstrapParameter }));
    return Number(Parameter?.Value);
  } catch (error) {
    if (error instanceof ParameterNotFound) return undefined;
    throw error;
  }
}

const notAsked = { unknown: 'without credentials it was not asked for' };

/**
 * Reads what a deployment depends on. A call that fails is a fact of its own, so that one missing permission
 * hides nothing else.
 *
 * @param config of every client; the Region and the credentials come from the environment by default.
 */
export async function readAccount(config: ClientConfig): Promise<AccountFacts> {
  const account = await factOf(async () => {
    const { Account = '' } = await new STSClient(config).send(new GetCallerIdentityCommand());
    return Account;
  });
  if ('unknown' in account)
    return {
      ...{ account, bootstrapVersion: notAsked, concurrentExecutionsMax: notAsked },
      ...{ apiGatewayLogRole: notAsked, smsTier: notAsked, smsSenders: notAsked },
    };
  const sms = new PinpointSMSVoiceV2Client(config);
  const [bootstrapVersion, concurrentExecutionsMax, apiGatewayLogRole, smsTier, smsSenders] =
    await Promise.all([
      factOf(() => readBootstrapVersion(new SSMClient(config))),
      factOf(async () => {
        const { AccountLimit } = await new LambdaClient(config).send(new GetAccountSettingsCommand());
        return AccountLimit?.ConcurrentExecutions ?? 0;
      }),
      factOf(async () => {
        const { cloudwatchRoleArn } = await new APIGatewayClient(config).send(new GetAccountCommand());
        return cloudwatchRoleArn || undefined;
      }),
      factOf(async () => {
        const { AccountAttributes = [] } = await sms.send(new DescribeAccountAttributesCommand());
        return AccountAttributes.find(({ Name }) => Name === 'ACCOUNT_TIER')?.Value ?? 'SANDBOX';
      }),
      factOf(async () => {
        const { SenderIds = [] } = await sms.send(new DescribeSenderIdsCommand({}));
        return SenderIds.length;
      }),
    ]);
  return { account, bootstrapVersion, concurrentExecutionsMax, apiGatewayLogRole, smsTier, smsSenders };
}
