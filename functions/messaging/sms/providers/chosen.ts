import * as z from 'zod';
import { setting } from '../../../../core/environment.ts';
import { readSecret } from '../../../../core/secrets.ts';
import { awsSms } from './aws.ts';
import { beem } from './beem.ts';
import type { SmsProvider } from './provider.ts';

const remedy = 'set it in lib/settings.ts';

const beemKeys = z.object({ api_key: z.string().min(1), secret_key: z.string().min(1) });

let aws: SmsProvider | undefined;

/**
 * Provider of the stage's settings.
 *
 * @param now milliseconds since the epoch.
 */
export async function chosenProvider(now: number): Promise<SmsProvider> {
  if (setting('SMS_PROVIDER', remedy) === 'beem') return await beemProvider(now);
  aws ??= awsSms(setting('SMS_MESSAGE_TYPE', remedy), process.env.SMS_CONFIGURATION_SET);
  return aws;
}

/** True if the stage's provider pushes no receipts. */
export const mustPollReceipts = (): boolean => setting('SMS_PROVIDER', remedy) === 'beem';

/** Beem with the keys of its secret `{"api_key","secret_key"}`. The URLs in the environment are for tests. */
async function beemProvider(now: number): Promise<SmsProvider> {
  const secret = await readSecret('smsKeys', 'beem', now);
  if (!secret) throw new Error('the secret smsKeys/beem is missing');
  const { api_key: apiKey, secret_key: secretKey } = beemKeys.parse(JSON.parse(secret));
  return beem({
    apiKey,
    secretKey,
    sendUrl: process.env.BEEM_SEND_URL || 'https://apisms.beem.africa/v1/send',
    reportsUrl: process.env.BEEM_REPORTS_URL || 'https://dlrapi.beem.africa/public/v1/delivery-reports',
  });
}
