import type { SpecRestApi } from 'aws-cdk-lib/aws-apigateway';
import { CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { Settings } from './settings.ts';

/**
 * Calls from one address in five minutes. A busy clinic behind one address makes fewer; a flood makes more.
 */
const callsPerAddressMax = 10_000;

/** The name under which CloudWatch counts what the firewall of a stage allows and blocks. */
export const firewallMetric = (stage: string): string => `bulkhead-${stage}`;

const visible = (metricName: string) => ({
  cloudWatchMetricsEnabled: true,
  sampledRequestsEnabled: false,
  metricName,
});

/** A group of rules that AWS maintains. */
const managed = (name: string, priority: number): CfnWebACL.RuleProperty => ({
  name,
  priority,
  overrideAction: { none: {} },
  statement: { managedRuleGroupStatement: { vendorName: 'AWS', name } },
  visibilityConfig: visible(name),
});

/**
 * A web firewall in front of the API, against floods, inputs known to be attacks, and addresses known for
 * them. AWS's common rule set is left out on purpose, since it takes long bodies and ordinary medical texts
 * for attacks: contracts validate bodies.
 */
export class Firewall extends Construct {
  constructor(scope: Construct, id: string, api: SpecRestApi, { stage }: Settings) {
    super(scope, id);
    const acl = new CfnWebACL(this, 'Acl', {
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: visible(firewallMetric(stage)),
      rules: [
        {
          name: 'Flood',
          priority: 0,
          action: { block: {} },
          statement: { rateBasedStatement: { limit: callsPerAddressMax, aggregateKeyType: 'IP' } },
          visibilityConfig: visible('Flood'),
        },
        managed('AWSManagedRulesAmazonIpReputationList', 1),
        managed('AWSManagedRulesKnownBadInputsRuleSet', 2),
      ],
    });
    acknowledge(acl, {
      'HIPAA.Security-WAFv2LoggingEnabled':
        'Its log would hold addresses and record ids of all calls, and tokens; metrics count what it blocked.',
    });
    new CfnWebACLAssociation(this, 'Association', {
      webAclArn: acl.attrArn,
      resourceArn: api.deploymentStage.stageArn,
    });
  }
}
