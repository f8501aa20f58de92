import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Guard } from '../iam/guard.ts';
import type { Outbox } from '../outbox.ts';
import { arn } from '../template/resource-names.ts';
import { AwsError, type AwsService, jsonAnswer, operationOf, Unanswered } from './service.ts';
import type { SmsFaults } from './sms-faults.ts';

interface SendTextMessage {
  readonly DestinationPhoneNumber?: string;
  readonly OriginationIdentity?: string;
  readonly MessageBody?: string;
  readonly Context?: Record<string, string>;
  readonly DryRun?: boolean;
}

/** The `detail` of the EventBridge event about an SMS. */
export interface SmsEvent {
  readonly eventType: string;
  readonly messageId: string;
  readonly context: Record<string, string>;
  readonly destinationPhoneNumber: string;
  readonly isFinal: boolean;
}

/** Delay from sending an SMS to its delivery event. */
const deliveryMs = 50;

/**
 * End User Messaging SMS: each SMS is added to the outbox, and its delivery event follows after 50 ms, unless
 * the fault profile of its sender id changes that.
 */
export function smsService(
  guard: Guard,
  outbox: Outbox,
  faults: SmsFaults,
  onEvent: (event: SmsEvent) => void,
): AwsService {
  return async (request) => {
    const operation = operationOf(request);
    if (operation !== 'SendTextMessage')
      throw new AwsError('NotImplemented', `The local SMS stand-in has no ${operation}`, 501);
    const message = JSON.parse(request.body.toString()) as SendTextMessage;
    const {
      DestinationPhoneNumber: to,
      OriginationIdentity: from = '',
      MessageBody: text,
      Context: context = {},
    } = message;
    const resource = from.startsWith('arn:') ? from : arn('sms-voice', `sender-id/${from || '*'}`);
    guard(request.principal, [{ action: 'sms-voice:SendTextMessage', resource }]);
    if (!to || !/^\+?[1-9]\d{0,18}$/.test(to))
      throw new AwsError('ValidationException', 'DestinationPhoneNumber is not a phone number');
    const { refusal, isLost, receipt } = faults.fateOf(from, to);
    if (refusal) throw refusal;
    const messageId = randomUUID();
    if (!message.DryRun) {
      outbox.add({ kind: 'sms', to, content: { messageId, from, text, context } });
      if (receipt)
        void sleep(deliveryMs, undefined, { ref: false }).then(() =>
          onEvent({ eventType: receipt, messageId, context, destinationPhoneNumber: to, isFinal: true }),
        );
    }
    if (isLost) throw new Unanswered();
    return jsonAnswer({ MessageId: messageId });
  };
}
