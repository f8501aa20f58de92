import type { Endpoint } from '../../core/endpoint.ts';

export const smsEndpoints = {} satisfies Record<string, Endpoint>;
