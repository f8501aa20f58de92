import { CfnRole, PolicyDocument, type PolicyStatement, Role, type RoleProps } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { invariant } from '../core/invariant.ts';
import { acknowledge } from './acknowledge.ts';

/**
 * A role with an inline policy, if it may do anything. CDK would make the policy a resource of its own, and a
 * template holds at most 500 resources (service quotas of CloudFormation).
 */
export class OwnRole extends Role {
  readonly #permissions = new PolicyDocument({ minimize: true });

  constructor(scope: Construct, id: string, props: Omit<RoleProps, 'inlinePolicies'>) {
    super(scope, id, props);
  }

  override addToPrincipalPolicy(statement: PolicyStatement) {
    if (this.#permissions.isEmpty) this.#begin();
    this.#permissions.addStatements(statement);
    return { statementAdded: true, policyDependable: this };
  }

  #begin(): void {
    const resource = this.node.defaultChild;
    invariant(resource instanceof CfnRole, 'a role is a resource');
    resource.policies = [{ policyName: 'Own', policyDocument: this.#permissions }];
    acknowledge(this, {
      'HIPAA.Security-IAMNoInlinePolicy':
        'The policy belongs to this role alone: the stack derives it from what the one that assumes it needs.',
    });
  }
}
