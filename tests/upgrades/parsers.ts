import { AuditItem } from '../../core/audit-event.ts';
import { asChunk, asChunkState } from '../../core/batch/chunk.ts';
import { asBatch, asEntry } from '../../core/batch/record.ts';
import { assertVersion } from '../../core/dynamo/version.ts';
import { StoredGrant } from '../../core/http/api-key.ts';
import { documentOf, headFrom, manifestFrom, recordFrom } from '../../core/ledger/items.ts';
import { Delivery } from '../../core/webhook/delivery.ts';
import { Webhook } from '../../core/webhook/webhook.ts';
import { ApiKey } from '../../functions/access/key-store.ts';
import { storedOf } from '../../functions/admin/records/store.ts';
import { tallyOf } from '../../functions/admin/records/tally.ts';
import { ClinikoSettings } from '../../functions/cliniko/account/settings.ts';
import { Organization } from '../../functions/cliniko/organization.ts';
import { StoredPatient } from '../../functions/cliniko/patients/patient.ts';
import { SyncLog } from '../../functions/cliniko/sync/sync-log.ts';
import { asSyncState } from '../../functions/cliniko/sync/sync-state.ts';
import {
  ConfirmingItem,
  NonceItem,
  SignerState,
  WaitingPriceJob,
} from '../../functions/content/chain/items.ts';
import { ContentRecord } from '../../functions/content/content.ts';
import { phoneSecretOf } from '../../functions/messaging/contacts/phone-key.ts';
import { asContact, asPhoneEntry } from '../../functions/messaging/contacts/store.ts';
import {
  asDueEntry,
  asPack,
  asReadFile,
  asReceiptCounter,
  asSmsBatch,
} from '../../functions/messaging/sms/batch.ts';
import { asMessage } from '../../functions/messaging/sms/messages/record.ts';
import { asTemplate } from '../../functions/messaging/sms/templates/store.ts';
import { asPatient } from '../../functions/patients/patient.ts';
import type { Item } from './recorded.ts';

/** What reads a kind of item, and gives the fields that it has read. */
type Parser = (item: Item) => object;

/** For kinds of which the code reads single attributes: they have a version all the same. */
const single: Parser = (item) => {
  assertVersion(item, 'item');
  return item;
};

/** What a record holds has its own version. */
const record =
  (as: (document: never) => object): Parser =>
  (item) => {
    const parsed = recordFrom(item);
    as(documentOf(parsed) as never);
    return parsed;
  };

/** Parsers that give another shape than the item's; what they give is not compared. */
const reads =
  (parse: (item: Item) => unknown): Parser =>
  (item) => {
    parse(item);
    return item;
  };

/** By kind of item: the code of now that reads it. */
export const parsers: Record<string, Parser> = {
  'admin batches/NUMBER': single,
  'admin orders': reads(storedOf),
  'admin services': reads(storedOf),
  'admin tally/TALLY': reads(tallyOf),
  'admin users': reads(storedOf),
  'apiKeys HASH/GRANT': reads((item) => StoredGrant.parse(item)),
  'apiKeys TENANT/CREATIONS': single,
  'apiKeys TENANT/KEY': (item) => ApiKey.parse(item),
  'apiKeyUses USE': single,
  'audit EVENTS': reads((item) => AuditItem.parse(item)),
  'audit messaging': manifestFrom,
  'audit patients': manifestFrom,
  'cliniko DUE': (item) => Organization.parse(item),
  'cliniko ORG/PATIENT': (item) => StoredPatient.parse(item),
  'cliniko ORG/SETTINGS': (item) => ClinikoSettings.parse(item),
  'cliniko ORG/STATE': asSyncState,
  'cliniko RUNNING': (item) => Organization.parse(item),
  'cliniko TENANT/COUNTER': single,
  'content CHAIN': (item) => WaitingPriceJob.parse(item),
  'content CHAIN-DRIVER/LEASE': single,
  'content CONFIRMING': (item) => ConfirmingItem.parse(item),
  'content CONTENT/CONTENT': (item) => ContentRecord.parse(item),
  'content SIGNER/NONCE': (item) => NonceItem.parse(item),
  'content SIGNER/STATE': (item) => SignerState.parse(item),
  'guards ANSWER': single,
  'guards LIMIT': single,
  'messaging HEAD/HEAD': headFrom,
  'messaging KEY': record(asPhoneEntry),
  'messaging PHONE-SECRET/PHONE-SECRET': reads(phoneSecretOf),
  'messaging REC': record(asContact),
  'messaging SMS-DUE': reads(asDueEntry),
  'messaging SMS-TEMPLATES': asTemplate,
  'messaging SMS/BATCH': asSmsBatch,
  'messaging SMS/ERRORS': asReadFile,
  'messaging SMS/MESSAGE': asMessage,
  'messaging SMS/PACK': reads(asPack),
  'messaging SMS/RECEIPTS': reads(asReceiptCounter),
  'messaging TENANTS': single,
  'operations BATCH/BATCH': asBatch,
  'operations BATCH/CHUNK': reads((item) => asChunk(item, undefined)),
  'operations BATCH/RESULT': reads(asChunkState),
  'operations LANE/LANE': single,
  'operations LIST': single,
  'operations LIST/COUNT': single,
  'operations OPEN': asEntry,
  'operations SYNCS/LOG': (item) => SyncLog.parse(item),
  'patients HEAD/HEAD': headFrom,
  'patients REC': record(asPatient),
  'patients TENANTS': single,
  'webhooks DELIVERIES': (item) => Delivery.parse(item),
  'webhooks TENANT/REGISTRATIONS': single,
  'webhooks TENANT/WEBHOOK': (item) => Webhook.parse(item),
  'webhooks TOLD/TOLD': single,
};
