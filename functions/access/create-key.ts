import { randomBytes, randomUUID } from 'node:crypto';
import { keyHash, newKeyText } from '../../core/http/api-key-text.ts';
import { serve } from '../../core/http/serve.ts';
import { access } from './api.ts';
import { keyToReply } from './key-reply.ts';
import { newApiKey } from './key-rules.ts';
import { storeKey } from './key-store.ts';

export const handler = serve(access.createKey, async ({ body, caller, clock, answer }) => {
  const now = clock.now();
  const text = newKeyText(randomBytes);
  const key = newApiKey(body, caller, randomUUID(), keyHash(text), now);
  const reply = { ...keyToReply(key), key: text };
  await storeKey(key, { actor: caller.userId, now, answer: await answer(undefined, reply) });
  return reply;
});
