import { PolicyDocument, type PolicyStatement, Role, type RoleProps } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

/**
 * A role with an inline policy. CDK would make the policy a resource of its own, and a template holds at most
 * 500 resources (service quotas of CloudFormation).
 */
export class OwnRole extends Role {
  readonly #permissions: PolicyDocument;

  constructor(scope: Construct, id: string, props: Omit<RoleProps, 'inlinePolicies'>) {
    const permissions = new PolicyDocument({ minimize: true });
    super(scope, id, { ...props, inlinePolicies: { Own: permissions } });
    this.#permissions = permissions;
    acknowledge(this, {
      'HIPAA.Security-IAMNoInlinePolicy':
        'The policy belongs to this role alone: the stack derives it from what the one that assumes it needs.',
    });
  }

  override addToPrincipalPolicy(statement: PolicyStatement) {
    this.#permissions.addStatements(statement);
    return { statementAdded: true, policyDependable: this };
  }
}
