import { randomUUID } from 'node:crypto';
import type { Guard } from '../iam/guard.ts';
import type { Outbox } from '../outbox.ts';
import { arn } from '../template/resource-names.ts';
import { AwsError, type AwsService, jsonAnswer, operationOf } from './service.ts';

interface SendTextMessage {
  readonly DestinationPhoneNumber?: string;
  readonly OriginationIdentity?: string;
  readonly MessageBody?: string;
  readonly Context?: object;
  readonly DryRun?: boolean;
}

/** End User Messaging SMS: every text goes to the outbox and counts as accepted. Receipts are never sent. */
export function smsService(guard: Guard, outbox: Outbox): AwsService {
  return async (request) => {
    const operation = operationOf(request);
    if (operation !== 'SendTextMessage')
      throw new AwsError('NotImplemented', `The local SMS stand-in has no ${operation}`, 501);
    const message = JSON.parse(request.body.toString()) as SendTextMessage;
    const {
      DestinationPhoneNumber: to,
      OriginationIdentity: from = '',
      MessageBody: text,
      Context: context,
    } = message;
    const resource = from.startsWith('arn:') ? from : arn('sms-voice', `sender-id/${from || '*'}`);
    guard(request.principal, [{ action: 'sms-voice:SendTextMessage', resource }]);
    if (!to || !/^\+?[1-9]\d{0,18}$/.test(to))
      throw new AwsError('ValidationException', 'DestinationPhoneNumber is not a phone number');
    const messageId = randomUUID();
    if (!message.DryRun) outbox.add({ kind: 'sms', to, content: { messageId, from, text, context } });
    return jsonAnswer({ MessageId: messageId });
  };
}
