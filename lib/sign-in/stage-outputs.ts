import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { Refused } from '../explain.ts';

/** Where a stage is deployed, as a command line names it. */
export interface Place {
  stage: string;
  /** Default: that of the environment (AWS_REGION, or the profile's). */
  region?: string | undefined;
}

/**
 * The outputs of the stack of a stage, by name.
 *
 * @throws Refused if there is no such stack; errors of the AWS SDK as they are.
 */
export async function stageOutputs({ stage, region }: Place): Promise<Record<string, string>> {
  const client = new CloudFormationClient(region ? { region } : {});
  const StackName = `bulkhead-${stage}`;
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }));
    const outputs = Stacks.flatMap(({ Outputs = [] }) => Outputs);
    return Object.fromEntries(
      outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
    );
  } catch (error) {
    if (!(error instanceof Error && /does not exist/.test(error.message))) throw error;
    const where = await client.config.region();
    throw new Refused(
      `There is no stack ${StackName} in ${where}: deploy it (npm run deploy -- -c stage=${stage}), or name its Region with --region`,
    );
  } finally {
    client.destroy();
  }
}

/**
 * An output that only a stack with a user pool of its own has.
 *
 * @throws Refused if the stack does not have it.
 */
export function outputOf(outputs: Record<string, string>, name: string, { stage }: Place): string {
  const value = outputs[name];
  if (value) return value;
  throw new Refused(
    outputs.UserPoolId
      ? `The stack bulkhead-${stage} has no output ${name}: its setting signIn.callbackUrls has no http://localhost address`
      : `The stack bulkhead-${stage} has no user pool: users and tokens come from the issuer of its setting auth, or it was deployed by an older version`,
  );
}
