import { Stack, Validations } from 'aws-cdk-lib';
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

/** A text in a template, as CDK resolves it. */
type Resolved =
  | string
  | { Ref: string }
  | { 'Fn::GetAtt': readonly string[] }
  | { 'Fn::Join': readonly [delimiter: string, parts: readonly Resolved[]] };

/** A text as the ids of cdk-nag's findings have it, with references in brackets: `<Bucket.Arn>/*`. */
function flat(text: Resolved): string {
  if (typeof text === 'string') return text;
  if ('Ref' in text) return `<${text.Ref}>`;
  if ('Fn::GetAtt' in text) return `<${text['Fn::GetAtt'].join('.')}>`;
  const [delimiter, parts] = text['Fn::Join'];
  return parts.map(flat).join(delimiter);
}

/**
 * Records why a policy of a construct names a resource with a wildcard (finding AwsSolutions-IAM5).
 *
 * @param arn the resource as the policy names it, e.g. `${bucketArn}/*`; it may hold tokens of CDK.
 */
export function acknowledgeWildcard(construct: IConstruct, arn: string, reason: string): void {
  const resolved: Resolved = Stack.of(construct).resolve(arn);
  acknowledge(construct, { [`AwsSolutions-IAM5[Resource::${flat(resolved)}]`]: reason });
}
