import { randomUUID } from 'node:crypto';
import type { Cron } from 'croner';
import { account, region } from '../account.ts';
import { CannotStart } from '../cannot-start.ts';
import type { Fleet } from '../lambda/fleet.ts';
import type { Log } from '../log.ts';
import type { Workflows } from '../services/workflows.ts';
import { arn } from '../template/resource-names.ts';
import type { Stack } from '../template/stack.ts';
import { readSchedule } from './schedule-expression.ts';
import type { WorkSource } from './source.ts';

interface RuleProperties {
  readonly ScheduleExpression?: string;
  readonly State?: 'ENABLED' | 'DISABLED';
  readonly Targets?: readonly RuleTarget[];
}
interface RuleTarget {
  readonly Arn: string;
  readonly Input?: string;
  readonly InputPath?: string;
  readonly InputTransformer?: object;
}
interface ScheduleProperties {
  readonly ScheduleExpression: string;
  readonly ScheduleExpressionTimezone?: string;
  readonly State?: 'ENABLED' | 'DISABLED';
  readonly Target: { readonly Arn: string; readonly Input?: string };
}

/** Target of a schedule: a function or a workflow, and its input. */
interface ScheduleTarget {
  readonly arn: string;
  readonly input?: string | undefined;
}

/**
 * Runs the template's schedules (EventBridge rules and EventBridge Scheduler): `rate(…)`, `cron(…)`, `at(…)`.
 *
 * @throws CannotStart if an expression cannot be read, or if a rule transforms its input.
 */
export function startSchedules(stack: Stack, fleet: Fleet, workflows: Workflows, log: Log): WorkSource {
  const started: Cron[] = [];
  const inFlight = new Set<Promise<unknown>>();

  function start(
    name: string,
    expression: string,
    timezone: string,
    targets: readonly ScheduleTarget[],
    event: () => string,
  ): void {
    const fire = (): void => {
      for (const target of targets) {
        const running: Promise<unknown> = trigger(
          target.arn,
          target.input ?? event(),
          fleet,
          workflows,
          log,
        ).finally(() => inFlight.delete(running));
        inFlight.add(running);
      }
    };
    started.push(readSchedule(name, expression, timezone, fire));
  }

  for (const { logicalId, name, properties } of stack.resources<RuleProperties>('AWS::Events::Rule')) {
    const { ScheduleExpression, State, Targets = [] } = properties;
    // A rule without a schedule has an event pattern; execution-rules.ts and event-rules.ts handle those.
    if (!ScheduleExpression || State === 'DISABLED') continue;
    for (const { InputPath, InputTransformer } of Targets)
      if (InputPath || InputTransformer)
        throw new CannotStart(`${logicalId} transforms its input, which a local run does not support`);
    const targets = Targets.map(({ Arn, Input }) => ({ arn: Arn, input: Input }));
    start(logicalId, ScheduleExpression, 'UTC', targets, () => scheduledEvent(name));
  }
  for (const { logicalId, properties } of stack.resources<ScheduleProperties>('AWS::Scheduler::Schedule')) {
    const { ScheduleExpression, ScheduleExpressionTimezone = 'UTC', State, Target } = properties;
    if (State === 'DISABLED') continue;
    const target = { arn: Target.Arn, input: Target.Input };
    start(logicalId, ScheduleExpression, ScheduleExpressionTimezone, [target], () => '{}');
  }
  return {
    async stop() {
      for (const cron of started) cron.stop();
      await Promise.all(inFlight);
    },
  };
}

/** Starts a function or a workflow with JSON text; a failure of the function is logged. */
async function trigger(
  targetArn: string,
  input: string,
  fleet: Fleet,
  workflows: Workflows,
  log: Log,
): Promise<void> {
  if (targetArn.includes(':stateMachine:')) {
    workflows.start(targetArn, input);
    return;
  }
  const outcome = await fleet.deliver(targetArn, input);
  if (outcome.kind === 'failure')
    log.write('schedule', `${targetArn} failed: ${outcome.error.errorType}: ${outcome.error.errorMessage}`);
}

const scheduledEvent = (rule: string): string =>
  JSON.stringify({
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account,
    time: new Date().toISOString().replace(/\.\d{3}Z$/, 'Z'),
    region,
    resources: [arn('events', `rule/${rule}`)],
    detail: {},
  });
