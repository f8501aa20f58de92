import { isBeforeSending } from './network-error.ts';
import type { SmsProvider } from './provider.ts';

/** Keys and URLs of Beem. */
export interface BeemSettings {
  apiKey: string;
  secretKey: string;
  /** URL for sending texts. */
  sendUrl: string;
  /** URL for polling receipts. */
  reportsUrl: string;
}

const requestTimeoutMs = 8_000;

/** Codes of Beem's answers: accepted, and insufficient balance (API reference, Error codes). */
const acceptedCode = 100;
const noBalanceCode = 102;

interface SendAnswer {
  successful?: boolean;
  request_id?: number | string;
  code?: number;
  valid?: number;
}

/** Beem's numbers of the encodings. */
const encodingNumbers = { 'GSM-7': 0, 'UCS-2': 1 } as const;

/**
 * Provider for Beem Africa, for sender ids that are registered with Tanzanian carriers. Beem gives one answer
 * per request, so each message is a request of its own. Receipts must be polled for.
 */
export function beem({ apiKey, secretKey, sendUrl, reportsUrl }: BeemSettings): SmsProvider {
  const headers = {
    Authorization: `Basic ${Buffer.from(`${apiKey}:${secretKey}`).toString('base64')}`,
    'Content-Type': 'application/json',
  };
  const call = (url: string, init: RequestInit = {}) =>
    fetch(url, { ...init, headers, redirect: 'error', signal: AbortSignal.timeout(requestTimeoutMs) });
  return {
    async send({ to, from, text, encoding }) {
      const body = JSON.stringify({
        source_addr: from,
        encoding: encodingNumbers[encoding],
        schedule_time: '',
        message: text,
        recipients: [{ recipient_id: 1, dest_addr: withoutPlus(to) }],
      });
      try {
        const response = await call(sendUrl, { method: 'POST', body });
        if (response.status === 429 || response.status === 401 || response.status === 403)
          return { kind: 'later', code: `HTTP_${response.status}` };
        if (response.status >= 500) return { kind: 'unknown' };
        const answer = (await response.json()) as SendAnswer;
        if (response.ok && answer.code === acceptedCode && answer.valid !== 0)
          // Without a request id the message was accepted all the same; only its receipt cannot be found.
          return { kind: 'accepted', providerId: String(answer.request_id ?? '') };
        if (answer.code === noBalanceCode) return { kind: 'rejected', code: 'SPENDING_LIMIT' };
        return { kind: 'rejected', code: `BEEM_${answer.code ?? response.status}` };
      } catch (error) {
        return isBeforeSending(error) ? { kind: 'later', code: 'UNREACHABLE' } : { kind: 'unknown' };
      }
    },
    async fetchReceipt(providerId, to) {
      const query = new URLSearchParams({ dest_addr: withoutPlus(to), request_id: providerId });
      const response = await call(`${reportsUrl}?${query}`);
      if (!response.ok) throw new Error(`Beem answered ${response.status} to a request for a receipt`);
      const { status } = (await response.json()) as { status?: string };
      if (status === 'DELIVERED') return { state: 'delivered' };
      return status === 'UNDELIVERED' ? { state: 'failed', code: 'UNDELIVERED' } : undefined;
    },
  };
}

const withoutPlus = (phone: string): string => phone.replace(/^\+/, '');
