import {
  PinpointSMSVoiceV2Client,
  PinpointSMSVoiceV2ServiceException,
  SendTextMessageCommand,
} from '@aws-sdk/client-pinpoint-sms-voice-v2';
import { optedOutCode } from '../messages/record.ts';
import { isBeforeSending } from './network-error.ts';
import type { Receipt, SendResult, SmsProvider } from './provider.ts';

/**
 * Timeouts in milliseconds; AWS usually answers within a second. A later answer counts as lost: by default
 * the SDK would only log a warning.
 */
const timeouts = { connectionTimeout: 2_000, requestTimeout: 8_000, throwOnRequestTimeout: true };

/** Temporary refusals: nothing was sent, and a later attempt may succeed. */
const temporaryRefusals = new Set([
  'ThrottlingException',
  'AccessDeniedException',
  'ServiceQuotaExceededException',
]);

/**
 * Our codes by the reason of AWS (API reference, SendTextMessage, Errors), for refusals that callers act
 * upon.
 */
const codeByReason: Record<string, string> = {
  DESTINATION_PHONE_NUMBER_OPTED_OUT: optedOutCode,
  MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT: 'SPENDING_LIMIT',
};

/**
 * Provider for AWS End User Messaging SMS. Receipts arrive as EventBridge events with our ids in their
 * context.
 *
 * @param messageType carriers' route: `TRANSACTIONAL` or `PROMOTIONAL`.
 * @param configurationSet optional configuration set of the account.
 */
export function awsSms(messageType: string, configurationSet?: string): SmsProvider {
  const client = new PinpointSMSVoiceV2Client({
    // An attempt whose answer was lost may have sent the text, so the SDK must not retry.
    maxAttempts: 1,
    requestHandler: timeouts,
  });
  return {
    async send({ to, from, text, ref }) {
      const command = new SendTextMessageCommand({
        DestinationPhoneNumber: to,
        OriginationIdentity: from,
        MessageBody: text,
        MessageType: messageType === 'PROMOTIONAL' ? 'PROMOTIONAL' : 'TRANSACTIONAL',
        ConfigurationSetName: configurationSet,
        Context: { tenant: ref.tenant, message: ref.message },
      });
      try {
        const { MessageId } = await client.send(command);
        // The SDK's type leaves the id open; without one the message was accepted all the same.
        return { kind: 'accepted', providerId: MessageId ?? '' };
      } catch (error) {
        return refusal(error);
      }
    },
  };
}

function refusal(error: unknown): SendResult {
  if (!(error instanceof PinpointSMSVoiceV2ServiceException) || !error.$response)
    return isBeforeSending(error) ? { kind: 'later', code: 'UNREACHABLE' } : { kind: 'unknown' };
  const { name, $metadata } = error;
  const reason = 'Reason' in error && typeof error.Reason === 'string' ? error.Reason : name;
  const code = codeByReason[reason] ?? reason;
  // The limit holds until the end of the month: by then the text would be outdated.
  if (code === 'SPENDING_LIMIT') return { kind: 'rejected', code };
  if (temporaryRefusals.has(name)) return { kind: 'later', code };
  const status = $metadata.httpStatusCode ?? 500;
  return status >= 500 ? { kind: 'unknown' } : { kind: 'rejected', code };
}

/** Events of a text that is in transit, or with its carrier (User Guide, event types). */
const pendingEvents = new Set(['TEXT_PENDING', 'TEXT_QUEUED', 'TEXT_SENT', 'TEXT_SUCCESSFUL']);

/** Receipt of an AWS event; `undefined` if AWS does not know the status. */
export function receiptOf(eventType: string): Receipt | undefined {
  if (eventType === 'TEXT_DELIVERED') return { state: 'delivered' };
  if (pendingEvents.has(eventType)) return { state: 'sent' };
  if (eventType === 'TEXT_UNKNOWN') return undefined;
  return {
    state: 'failed',
    // The opt-out of any list means that its owner wants no texts.
    code: eventType.endsWith(optedOutCode) ? optedOutCode : eventType.replace('TEXT_', ''),
  };
}
