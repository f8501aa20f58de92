import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import {
  DefinitionBody,
  type IChainable,
  LogLevel,
  StateMachine,
  StateMachineType,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { type WorkflowName, workflows } from '../core/contract/resources.ts';
import { acknowledge, acknowledgeWildcard } from './acknowledge.ts';
import { clinikoSync } from './cliniko-sync.ts';
import { logGroup } from './log-group.ts';
import type { Settings } from './settings.ts';
import { webhookDelivery } from './webhook-delivery.ts';

/** The functions that are steps of workflows, by system and name: `cliniko.syncPage`. */
export type Workers = Readonly<Record<string, LambdaFunction>>;

/** The steps of each workflow, in JSONPath: the local interpreter runs JSONata wrongly. */
const definitions: Record<WorkflowName, (scope: Construct, workers: Workers) => IChainable> = {
  clinikoSync,
  webhookDelivery,
};

/**
 * A year is what Step Functions allows at most; nothing here should come near this. The local interpreter's timers end at 24.8 days: it
 * would end every execution of a machine with more at once.
 */
const TIMEOUT = Duration.days(20);

const machineName = ({ stage }: Settings, workflow: WorkflowName): string => `bulkhead-${stage}-${workflow}`;

/** The ARN of a workflow, from its name alone: what starts a workflow may be among its own steps. */
export function workflowArn(scope: Construct, settings: Settings, workflow: WorkflowName): string {
  return Stack.of(scope).formatArn({
    service: 'states',
    resource: 'stateMachine',
    resourceName: machineName(settings, workflow),
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

/** What takes longer than a function may run, or waits. Standard workflows: every transition is recorded, and a wait costs nothing. */
export class WorkflowsOf extends Construct {
  readonly machines: Readonly<Record<WorkflowName, StateMachine>>;

  constructor(scope: Construct, id: string, workers: Workers, settings: Settings) {
    super(scope, id);
    const make = (workflow: WorkflowName): StateMachine => {
      const home = new Construct(this, workflow);
      const logs = logGroup(home, 'Logs', settings);
      const machine = new StateMachine(home, 'Machine', {
        stateMachineName: machineName(settings, workflow),
        stateMachineType: StateMachineType.STANDARD,
        definitionBody: DefinitionBody.fromChainable(definitions[workflow](home, workers)),
        timeout: TIMEOUT,
        tracingEnabled: true,
        logs: { destination: logs, level: LogLevel.ERROR, includeExecutionData: false },
      });
      acknowledge(machine, {
        'AwsSolutions-SF1':
          'Step Functions keeps the history of each execution for 90 days; the log is for those that fail.',
      });
      acknowledge(machine.role, {
        'HIPAA.Security-IAMNoInlinePolicy': 'CDK derives the policy from the steps of this workflow alone.',
      });
      acknowledgeWildcard(
        machine.role,
        '*',
        'X-Ray and the delivery of logs have no resources to name: both take the wildcard only.',
      );
      return machine;
    };
    this.machines = Object.fromEntries(workflows.map((name) => [name, make(name)])) as Record<
      WorkflowName,
      StateMachine
    >;
  }
}
