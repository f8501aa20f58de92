import * as z from 'zod';

/** What a message of the queue says: one chunk is to be worked on. Ids only. */
export const ChunkMessage = z.object({
  version: z.literal(1),
  tenant: z.string(),
  batch: z.string(),
  chunk: z.int().nonnegative(),
});
export type ChunkMessage = z.output<typeof ChunkMessage>;
