import { AuditItem, eventsPrefix } from '../../core/audit-event.ts';
import { assertVersion } from '../../core/dynamo/version.ts';
import { grantKey, StoredGrant } from '../../core/http/api-key.ts';
import { invariant } from '../../core/invariant.ts';
import { everyItem, type Verifier } from '../../core/verify/verifier.ts';
import { ApiKey } from './key-store.ts';

const table = 'apiKeys';

/** Of API keys (each that is listed is found by its hash), their last uses, and the events about them. */
export const accessVerifiers: Verifier[] = [
  everyItem(table, 'HASH#', (item) => StoredGrant.parse(item)),
  everyItem(table, 'TENANT#', async (item, { store, table: nameOf }) => {
    if (!String(item.sk).startsWith('KEY#')) return assertVersion(item, 'count of API keys');
    const { hash, expires_at } = ApiKey.parse(item);
    // DynamoDB deletes the two items of an expired key at times of their own.
    const isExpired = expires_at * 1_000 <= Date.now();
    const isFound = (await store.get(nameOf(table), grantKey(hash))) !== undefined;
    invariant(isFound || isExpired, 'an API key that is listed is found by its hash');
  }),
  everyItem('apiKeyUses', 'USE#', (item) => assertVersion(item, 'last use of an API key')),
  everyItem('audit', eventsPrefix, (item) => AuditItem.parse(item)),
];
