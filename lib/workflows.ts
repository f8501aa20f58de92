import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import {
  DefinitionBody,
  type IChainable,
  LogLevel,
  StateMachine,
  StateMachineType,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { byName } from '../core/by-name.ts';
import { type WorkflowName, workflows } from '../core/contract/resources.ts';
import { acknowledge, acknowledgeWildcard } from './acknowledge.ts';
import { clinikoSync } from './cliniko-sync.ts';
import { logGroup } from './log-group.ts';
import type { Settings } from './settings.ts';
import { webhookDelivery } from './webhook-delivery.ts';
import type { Workers } from './workflow-task.ts';

/** The steps of each workflow. They use JSONPath, since the local interpreter runs JSONata wrongly. */
const definitions: Record<WorkflowName, (scope: Construct, workers: Workers) => IChainable> = {
  clinikoSync,
  webhookDelivery,
};

/**
 * The timeout of an execution; none should come near it. Step Functions allows a year, but the local
 * interpreter's timers end at 24.8 days: it would end every execution of a machine with more at once.
 */
const executionTimeoutDays = 20;

const machineName = ({ stage }: Settings, workflow: WorkflowName): string => `bulkhead-${stage}-${workflow}`;

/** The ARN of a workflow, from its name alone: a function that starts a workflow may be one of its steps. */
export function workflowArn(scope: Construct, settings: Settings, workflow: WorkflowName): string {
  return Stack.of(scope).formatArn({
    service: 'states',
    resource: 'stateMachine',
    resourceName: machineName(settings, workflow),
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

/**
 * All workflows: work that takes longer than a function may run, or waits. They are standard workflows, which
 * record every transition, and whose waits cost nothing.
 */
export class WorkflowsOf extends Construct {
  readonly machines: Readonly<Record<WorkflowName, StateMachine>>;

  constructor(scope: Construct, id: string, workers: Workers, settings: Settings) {
    super(scope, id);
    const logs = logGroup(this, 'Logs', settings);
    const make = (workflow: WorkflowName): StateMachine => {
      const home = new Construct(this, workflow);
      const machine = new StateMachine(home, 'Machine', {
        stateMachineName: machineName(settings, workflow),
        stateMachineType: StateMachineType.STANDARD,
        definitionBody: DefinitionBody.fromChainable(definitions[workflow](home, workers)),
        timeout: Duration.days(executionTimeoutDays),
        logs: { destination: logs, level: LogLevel.ERROR, includeExecutionData: false },
      });
      acknowledge(machine, {
        'AwsSolutions-SF1':
          'Step Functions keeps the history of each execution for 90 days; the log is for those that fail.',
        'AwsSolutions-SF2':
          'The history of an execution has each step and its time; functions are not traced.',
      });
      acknowledge(machine.role, {
        'HIPAA.Security-IAMNoInlinePolicy':
          'CDK derives the policy from the steps and the log of this workflow alone.',
      });
      acknowledgeWildcard(
        machine.role,
        '*',
        'The delivery of logs has no resource to name: it takes the wildcard only.',
      );
      return machine;
    };
    this.machines = byName(workflows, make);
  }
}
