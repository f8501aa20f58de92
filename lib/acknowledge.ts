import { Stack, Validations } from 'aws-cdk-lib';
import { flattenCfnReference } from 'cdk-nag/lib/utils/flatten-cfn-reference.js';
import type { IConstruct } from 'constructs';

/**
 * Records why findings of cdk-nag (packs AwsSolutions and HIPAASecurity) are left as they are.
 *
 * cdk-nag looks for a record on the resource and on every construct above it. So call this for the construct
 * that has the findings: a record on the stack would also excuse whatever is added to it later.
 *
 * @param reasons the reason for each finding, by the finding's id.
 */
export function acknowledge(construct: IConstruct, reasons: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(reasons)) Validations.of(construct).acknowledge({ id, reason });
}

/**
 * Records why a policy of a construct names a resource with a wildcard (finding AwsSolutions-IAM5).
 *
 * @param arn the resource as the policy names it, e.g. `${bucketArn}/*`; it may hold tokens of CDK.
 */
export function acknowledgeWildcard(construct: IConstruct, arn: string, reason: string): void {
  const resource = flattenCfnReference(Stack.of(construct).resolve(arn));
  acknowledge(construct, { [`AwsSolutions-IAM5[Resource::${resource}]`]: reason });
}
