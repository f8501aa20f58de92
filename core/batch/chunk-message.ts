import * as z from 'zod';
import { message } from '../version.ts';

/** Message on a system's queue: one chunk is to be applied. Ids only. */
export const ChunkMessage = message(
  'message of a chunk',
  z.object({ version: z.literal(1), tenant: z.string(), batch: z.string(), chunk: z.int().nonnegative() }),
);
export type ChunkMessage = z.output<typeof ChunkMessage>;

/** The message that asks for a chunk of a batch. */
export const chunkMessage = (
  { tenant, id }: { tenant: string; id: string },
  chunk: number,
): ChunkMessage => ({
  version: 1,
  tenant,
  batch: id,
  chunk,
});
