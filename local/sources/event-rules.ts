import { randomUUID } from 'node:crypto';
import { account, region } from '../account.ts';
import { CannotStart } from '../cannot-start.ts';
import type { Log } from '../log.ts';
import type { QueueEngine } from '../services/queue-engine.ts';
import type { SmsEvent } from '../services/sms.ts';
import type { Stack } from '../template/stack.ts';

interface RuleProperties {
  readonly EventPattern?: { readonly source?: readonly string[]; readonly 'detail-type'?: readonly string[] };
  readonly State?: 'ENABLED' | 'DISABLED';
  readonly Targets?: readonly RuleTarget[];
}
interface RuleTarget {
  readonly Arn: string;
  readonly InputTransformer?: {
    readonly InputPathsMap?: Readonly<Record<string, string>>;
    readonly InputTemplate: string;
  };
}

const source = 'aws.sms-voice';
const detailType = 'Text Message Delivery Status Updated';

/**
 * Delivers the events of SMS to the queues of matching EventBridge rules. A pattern's `detail` is ignored,
 * because every SMS of a local run comes from the stack.
 *
 * @throws CannotStart if a target of such a rule is not a queue.
 */
export function startSmsRules(stack: Stack, { post }: QueueEngine, log: Log): (event: SmsEvent) => void {
  const targets = stack
    .resources<RuleProperties>('AWS::Events::Rule')
    .filter(
      ({ properties: { EventPattern, State } }) =>
        EventPattern?.source?.includes(source) &&
        (EventPattern['detail-type']?.includes(detailType) ?? true) &&
        State !== 'DISABLED',
    )
    .flatMap(({ logicalId, properties: { Targets = [] } }) => {
      if (Targets.some(({ Arn }) => !Arn.includes(':sqs:')))
        throw new CannotStart(
          `${logicalId} sends SMS events to a target that is not a queue, which a local run does not support`,
        );
      return Targets;
    });
  return (event) => {
    const whole = eventOf(event);
    for (const { Arn, InputTransformer } of targets) {
      const body = InputTransformer ? transformed(whole, InputTransformer) : JSON.stringify(whole);
      if (!post(Arn, body)) log.write('events', `event dropped, there is no queue ${Arn}`);
    }
  };
}

const eventOf = (detail: SmsEvent) => ({
  version: '0',
  id: randomUUID(),
  'detail-type': detailType,
  source,
  account,
  region,
  time: new Date().toISOString(),
  resources: [],
  detail,
});

/**
 * The template with each `<name>` replaced by the JSON of the event's value at the name's path (EventBridge
 * User Guide, input transformation).
 */
function transformed(
  event: object,
  { InputPathsMap = {}, InputTemplate }: NonNullable<RuleTarget['InputTransformer']>,
): string {
  return InputTemplate.replaceAll(/<([^<>]+)>/g, (whole, name: string) => {
    const path = InputPathsMap[name];
    if (!path) return whole;
    const found = path
      .split('.')
      .slice(1)
      .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], event);
    return JSON.stringify(found ?? '');
  });
}
