import {
  PinpointSMSVoiceV2Client,
  PinpointSMSVoiceV2ServiceException,
  SendTextMessageCommand,
} from '@aws-sdk/client-pinpoint-sms-voice-v2';
import { isBeforeSending } from './network-error.ts';
import type { Receipt, SendResult, SmsProvider } from './provider.ts';

/** Milliseconds that AWS may take to answer; it answers within a second. Longer is a lost answer, which the SDK by itself would only warn of. */
const timeouts = { connectionTimeout: 2_000, requestTimeout: 8_000, throwOnRequestTimeout: true };

/** Refusals that pass: nothing was sent, and another time it will be. */
const temporaryRefusals = new Set([
  'ThrottlingException',
  'AccessDeniedException',
  'ServiceQuotaExceededException',
]);

/** The names of refusals that callers may care about, by the reason that AWS gives (API reference, SendTextMessage, Errors). */
const codeByReason: Record<string, string> = {
  DESTINATION_PHONE_NUMBER_OPTED_OUT: 'OPTED_OUT',
  MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT: 'SPENDING_LIMIT',
};

/**
 * AWS End User Messaging SMS. Receipts come as events of EventBridge with our own ids in their context.
 *
 * @param messageType how carriers are to treat the texts: `TRANSACTIONAL` or `PROMOTIONAL`.
 * @param configurationSet a configuration set of the account, if texts are to go by one.
 */
export function awsSms(messageType: string, configurationSet?: string): SmsProvider {
  const client = new PinpointSMSVoiceV2Client({
    // An attempt whose answer is lost may have sent the text: the SDK must not make another.
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
  // Money runs out for the month: waiting for the next would send old news.
  if (code === 'SPENDING_LIMIT') return { kind: 'rejected', code };
  if (temporaryRefusals.has(name)) return { kind: 'later', code };
  const status = $metadata.httpStatusCode ?? 500;
  return status >= 500 ? { kind: 'unknown' } : { kind: 'rejected', code };
}

/** Types of events after which a text is still on its way, or with its carrier (User Guide, event types). */
const pendingEvents = new Set(['TEXT_PENDING', 'TEXT_QUEUED', 'TEXT_SENT', 'TEXT_SUCCESSFUL']);

/** What an event of AWS says of a text; `undefined` where AWS itself does not know. */
export function receiptOf(eventType: string): Receipt | undefined {
  if (eventType === 'TEXT_DELIVERED') return { state: 'delivered' };
  if (pendingEvents.has(eventType)) return { state: 'sent' };
  return eventType === 'TEXT_UNKNOWN' ? undefined : { state: 'failed', code: eventType.replace('TEXT_', '') };
}
