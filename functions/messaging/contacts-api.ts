import type { Endpoint } from '../../core/endpoint.ts';

export const contactEndpoints = {} satisfies Record<string, Endpoint>;
