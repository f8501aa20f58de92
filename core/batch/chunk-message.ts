import * as z from 'zod';

/**
 * Message on a system's queue: one chunk is to be applied. Ids only.
 *
 * Messages wait in queues and dead-letter queues across deployments, so older and newer code must read each
 * other's: unknown fields are ignored, and a new field must be optional. A change that older code would
 * misread takes the next `version`, which older code rejects, so that the message is delivered again.
 */
export const ChunkMessage = z.object({
  version: z.literal(1),
  tenant: z.string(),
  batch: z.string(),
  chunk: z.int().nonnegative(),
});
export type ChunkMessage = z.output<typeof ChunkMessage>;
