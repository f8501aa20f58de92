import { randomUUID } from 'node:crypto';
import { type Person, somebody, type Traits } from '../people.ts';

export interface Creator extends Person {
  creator: string;
}

/** A creator with an address of their own, unless told. */
export async function creator({
  address = `SP${randomUUID()}`,
  ...traits
}: Traits & { address?: string } = {}): Promise<Creator> {
  return { ...(await somebody({ ...traits, claims: { creator: address } })), creator: address };
}

/** Ids that no other test uses: content ids are the same for everybody. */
export const newIds = (count: number): string[] => {
  const run = randomUUID().slice(0, 13);
  return Array.from({ length: count }, (_, n) => `${run}-${n}`);
};

/** Registers contents of a creator. */
export async function registered({ api, creator: address }: Creator, ids: string[]): Promise<string[]> {
  for (let from = 0; from < ids.length; from += 100) {
    const items = ids
      .slice(from, from + 100)
      .map((contentId) => ({ contentId, title: `Title of ${contentId}`, contentType: 'video' }));
    const { status, body } = await api.content.register({ body: { creator: address, items } });
    if (status !== 201) throw new Error(`not registered: ${JSON.stringify(body)}`);
  }
  return ids;
}

/** A batch as its creator sees it, once it has ended. */
export async function ended({ api }: Creator, batchId: string) {
  for (;;) {
    const { ok, body } = await api.content.getBatch({ params: { batchId } });
    if (!ok) throw new Error(`no batch: ${JSON.stringify(body)}`);
    if (body.status === 'completed' || body.status === 'failed') return body;
    await new Promise((done) => setTimeout(done, 50));
  }
}

type Accepted = { ok: true; body: { batchId: string } } | { ok: false; body: unknown };

/** The id of a batch that was accepted. */
export function idOf(result: Accepted): string {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.body)}`);
  return result.body.batchId;
}

export async function contentOf({ api }: Pick<Person, 'api'>, contentId: string) {
  const { ok, body } = await api.content.getContent({ params: { contentId } });
  if (!ok) throw new Error(`no content: ${JSON.stringify(body)}`);
  return body;
}
