import type { Uses } from '../../../core/contract/resources.ts';

/** Resources besides the table of a function that reads the API key of an organisation. */
export const openingUses = { sealedClinikoKeys: 'open', clinikoKeys: 'read' } as const satisfies Uses;
