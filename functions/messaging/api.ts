import type { Endpoint } from '../../core/contract/endpoint.ts';
import { contactEndpoints } from './contacts/api.ts';
import { smsEndpoints } from './sms/api.ts';

/** Endpoints for contacts, their consent, and text messages to them. */
export const messaging = { ...contactEndpoints, ...smsEndpoints } satisfies Record<string, Endpoint>;
