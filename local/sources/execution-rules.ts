import { randomUUID } from 'node:crypto';
import { account, region } from '../account.ts';
import { CannotStart } from '../cannot-start.ts';
import type { Fleet } from '../lambda/fleet.ts';
import type { Log } from '../log.ts';
import type { Execution } from '../services/workflows.ts';
import type { Stack } from '../template/stack.ts';

interface RuleProperties {
  readonly EventPattern?: EventPattern;
  readonly State?: 'ENABLED' | 'DISABLED';
  readonly Targets?: readonly { readonly Arn: string; readonly Input?: string }[];
}
interface EventPattern {
  readonly source?: readonly string[];
  readonly 'detail-type'?: readonly string[];
  readonly detail?: { readonly status?: readonly string[]; readonly stateMachineArn?: readonly string[] };
}

/**
 * Invokes the targets of EventBridge rules when a workflow execution ends. Rules for other events never match
 * in a local run.
 *
 * @throws CannotStart if a rule selects executions by anything but status and state machine.
 */
export function startExecutionRules(
  stack: Stack,
  fleet: Fleet,
  log: Log,
): { onEnd(execution: Execution): void } {
  const rules = stack
    .resources<RuleProperties>('AWS::Events::Rule')
    .filter(
      ({ properties: { EventPattern, State } }) =>
        EventPattern?.source?.includes('aws.states') && State !== 'DISABLED',
    )
    .map(({ logicalId, properties: { EventPattern = {}, Targets = [] } }) => {
      const unknown = Object.keys(EventPattern.detail ?? {}).find(
        (key) => key !== 'status' && key !== 'stateMachineArn',
      );
      if (unknown)
        throw new CannotStart(
          `${logicalId} selects executions by ${unknown}, which a local run does not support`,
        );
      return { pattern: EventPattern, targets: Targets };
    });
  return {
    onEnd(execution) {
      for (const { pattern, targets } of rules) {
        const { status, stateMachineArn } = pattern.detail ?? {};
        if (status && !status.includes(execution.status)) continue;
        if (stateMachineArn && !stateMachineArn.includes(execution.machineArn)) continue;
        for (const { Arn, Input } of targets)
          void fleet.deliver(Arn, Input ?? statusChange(execution)).then((outcome) => {
            if (outcome.kind === 'failure')
              log.write('events', `${Arn} failed: ${outcome.error.errorMessage}`);
          });
      }
    },
  };
}

const statusChange = ({
  arn,
  name,
  machineArn,
  status,
  input,
  output,
  startedAt,
  stoppedAt,
  error,
  cause,
}: Execution): string =>
  JSON.stringify({
    version: '0',
    id: randomUUID(),
    'detail-type': 'Step Functions Execution Status Change',
    source: 'aws.states',
    account,
    region,
    time: new Date().toISOString(),
    resources: [arn],
    detail: {
      executionArn: arn,
      stateMachineArn: machineArn,
      name,
      status,
      startDate: startedAt,
      stopDate: stoppedAt ?? null,
      input,
      output: output ?? null,
      error: error ?? null,
      cause: cause ?? null,
    },
  });
