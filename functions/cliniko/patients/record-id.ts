import * as z from 'zod';

/**
 * Cliniko sends 64-bit ids as text, its older endpoints as numbers; the client reads unsafe integers as text.
 * Other letters of an id are taken as they are, but no others than these, since it becomes part of a key.
 */
const Id = z.union([
  z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9_-]{1,64}$/),
  z.int().nonnegative().transform(String),
]);

/** A record with its id, or with a link to itself that ends in the id, as deleted patients have it. */
const WithId = z.object({ id: Id.optional().catch(undefined), links: z.unknown().optional() });
const Links = z.object({ self: z.string() });

/** The id of a record of a patient; `undefined` if it names none. */
export function recordId(record: unknown): string | undefined {
  const { id, links } = WithId.safeParse(record).data ?? {};
  const self = Links.safeParse(links).data?.self ?? '';
  return id ?? /\/patients\/([A-Za-z0-9_-]{1,64})(?:$|[/?#])/.exec(self)?.[1];
}
