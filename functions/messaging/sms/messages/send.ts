import type { Kind } from '../../../../core/batch/kind.ts';
import type { Settlement } from '../../../../core/batch/settle.ts';
import { timestamp } from '../../../../core/clock.ts';
import type { Deps } from '../../../../core/deps.ts';
import { getAll } from '../../../../core/dynamo/get-all.ts';
import type { RetryingStore } from '../../../../core/dynamo/retry.ts';
import type { Item, Key } from '../../../../core/dynamo/store.ts';
import { invariant, present } from '../../../../core/invariant.ts';
import { inParallel } from '../../../../core/parallel.ts';
import { asPack, asSmsBatch, messagesPerPack, type PackedMessage, smsKeys } from '../batch.ts';
import type { SendResult, SmsProvider } from '../providers/provider.ts';
import { messageId } from './id.ts';
import {
  type AcceptedRecord,
  asMessage,
  type MessageRecord,
  optedOutCode,
  type SendOutcome,
  sendOutcomeOf,
} from './record.ts';
import { measure } from './segments.ts';

/** Deps of sending; a test provides its own. */
export interface SendDeps extends Deps {
  store: RetryingStore;
  /** Name of the table with the batches and messages. */
  table(): string;
  provider(): Promise<SmsProvider>;
  /** Phones among these that must not receive messages. */
  optedOut(tenant: string, phones: string[]): Promise<Set<string>>;
  /** Records that the carrier reports these phones as opted out. It must be idempotent. */
  recordCarrierOptOut(tenant: string, phones: string[], now: number): Promise<void>;
  settle(settlement: Settlement): Promise<unknown>;
  /** Schedules polling for a receipt, for a provider that pushes none. */
  scheduleReceiptPoll?(record: AcceptedRecord, to: string): Promise<void>;
}

/** Messages of one chunk that are sent in parallel. */
const messagesAtOnceMax = 10;

/**
 * Time within which a chunk begins to send messages: with the longest call it ends before its function times
 * out.
 */
const sendingMsMax = 30_000;

/**
 * Exponential backoff after a provider did not accept a message for now. After the longest pause the message
 * is left for the next delivery of its chunk, within a minute, so that it does not delay other tenants'
 * messages.
 */
const laterPauseMs = { min: 200, max: 3_200 };

/** One message on its way to the provider. */
interface Outgoing extends Required<PackedMessage> {
  key: Key;
  id: string;
  tenant: string;
  index: number;
}

/**
 * Batch kind that sends messages, each at most once. Before the provider is called, the message is claimed by
 * creating its record on the condition that none exists. So the provider is called at most once for a
 * message; a claim without an answer is never retried but resolved by the receipt. A message without a record
 * was never sent, and is sent when its chunk is delivered again.
 *
 * The engine's own claim only marks a chunk as being sent; its operations hold only the numbers of the
 * messages.
 */
export const smsKind = (deps: SendDeps): Kind<number, 'sent', string> => ({
  table: deps.table,
  reads: () => [],
  plan: (operations) => operations.map(() => ({ waiting: true })),
  stuck: 'STUCK',
  async runSideEffects({ batch, chunk, waiting }, again) {
    const until = deps.now() + sendingMsMax;
    const { sms } = batch.details;
    invariant(typeof sms === 'string', 'the engine batch names its SMS batch');
    const outgoing = await read(deps, batch.tenant, sms, waiting);
    const records = again ? await recordsOf(deps, outgoing) : new Map<string, MessageRecord>();
    const unsent = outgoing.filter(({ id }) => !records.has(id));
    const refused = await deps.optedOut(
      batch.tenant,
      unsent.map(({ to }) => to),
    );
    const sender = new ChunkSender(deps, refused, until);
    const outcomes = await inParallel(outgoing, messagesAtOnceMax, async (message) => {
      const record = records.get(message.id);
      const outcome = await (record ? sender.resume(record, message.to) : sender.send(message));
      return outcome ? [{ index: message.index, outcome }] : [];
    });
    const { outAtCarrier } = sender;
    // Before the outcomes are settled, so that a delivery that dies here is repeated.
    if (outAtCarrier.length > 0) await deps.recordCarrierOptOut(batch.tenant, outAtCarrier, deps.now());
    const known = outcomes.flat();
    if (known.length > 0) await deps.settle({ batch: batch.id, chunk, outcomes: known });
  },
});

/** Sends the messages of one chunk. */
class ChunkSender {
  readonly #deps: SendDeps;
  readonly #refused: Set<string>;
  readonly #until: number;
  /** Phones that the carrier refused because they have opted out there. */
  readonly outAtCarrier: string[] = [];

  constructor(deps: SendDeps, refused: Set<string>, until: number) {
    this.#deps = deps;
    this.#refused = refused;
    this.#until = until;
  }

  /** Outcome of a message that an earlier delivery claimed. */
  async resume(record: MessageRecord, to: string): Promise<SendOutcome | undefined> {
    if (record.outAtCarrier) this.outAtCarrier.push(to);
    // The delivery that claimed it has ended, since the engine lets only one work on a chunk.
    if (record.state === 'sending') await this.#update(record, { state: 'unknown' });
    return sendOutcomeOf(record, this.#deps.now());
  }

  async send(message: Outgoing): Promise<SendOutcome | undefined> {
    if (this.#refused.has(message.to)) return await this.#recordOptOut(message);
    // Before the claim: if the provider's keys cannot be read, the message stays unsent instead of unknown.
    const provider = await this.#deps.provider();
    for (
      let pause = laterPauseMs.min;
      pause <= laterPauseMs.max && this.#deps.now() < this.#until;
      pause *= 2
    ) {
      const claimed = await this.#claim(message, 'sending');
      if (!claimed) return undefined;
      const result = await call(provider, message);
      if (result.kind !== 'later') return await this.#record(claimed, message.to, result);
      // Nothing was sent, so the claim is withdrawn, and any delivery may send the message.
      await this.#withdraw(claimed);
      await this.#deps.pause(pause * (0.5 + this.#deps.random() / 2));
      // The recipient may have opted out while the carrier was busy.
      const refused = await this.#deps.optedOut(message.tenant, [message.to]);
      if (refused.has(message.to)) return await this.#recordOptOut(message);
    }
    return undefined;
  }

  async #record(
    record: MessageRecord,
    to: string,
    result: Exclude<SendResult, { kind: 'later' }>,
  ): Promise<SendOutcome | undefined> {
    const at = timestamp(this.#deps.now());
    if (result.kind === 'unknown') {
      await this.#update(record, { state: 'unknown' });
      return undefined;
    }
    if (result.kind === 'rejected') {
      const { code } = result;
      const outAtCarrier = code === optedOutCode;
      if (outAtCarrier) this.outAtCarrier.push(to);
      await this.#update(record, { state: 'failed', code, ...(outAtCarrier ? { outAtCarrier } : {}) });
      return { error: result.code };
    }
    const { providerId } = result;
    await this.#update(record, { state: 'sent', providerId, sentAt: at });
    await this.#deps.scheduleReceiptPoll?.({ ...record, providerId }, to);
    return { result: 'sent' };
  }

  async #recordOptOut(message: Outgoing): Promise<SendOutcome | undefined> {
    const claimed = await this.#claim(message, 'failed', optedOutCode);
    return claimed && { error: optedOutCode };
  }

  /** @returns `undefined` if another delivery has claimed the message. */
  async #claim(
    { key, id, tenant }: Outgoing,
    state: 'sending' | 'failed',
    code?: string,
  ): Promise<MessageRecord | undefined> {
    const now = this.#deps.now();
    // Unique for each claim, so that a delayed withdrawal of one claim cannot delete the next.
    const by = this.#deps.unique();
    const record: MessageRecord = {
      ...key,
      id,
      tenant,
      state,
      by,
      claimedAt: now,
      updatedAt: timestamp(now),
    };
    const put = {
      TableName: this.#deps.table(),
      Item: code ? { ...record, code } : record,
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    };
    const { done, item } = await this.#deps.store.put(put);
    // If the answer of an earlier attempt was lost, its claim is found here.
    return done || item?.by === by ? record : undefined;
  }

  async #withdraw({ pk, sk, by }: MessageRecord): Promise<void> {
    await this.#deps.store.remove({
      TableName: this.#deps.table(),
      Key: { pk, sk },
      ConditionExpression: '#state = :sending AND #by = :by',
      ExpressionAttributeNames: { '#state': 'state', '#by': 'by' },
      ExpressionAttributeValues: { ':sending': 'sending', ':by': by },
    });
  }

  /**
   * Updates a message's record. If a receipt came first, its state stays, and only the provider's id is
   * added.
   */
  async #update(
    { pk, sk }: MessageRecord,
    fields: Partial<Pick<MessageRecord, 'state' | 'code' | 'outAtCarrier' | 'providerId' | 'sentAt'>>,
  ): Promise<void> {
    const { state, ...others } = fields;
    const set = (values: Item, condition?: string) => {
      const names = Object.keys(values);
      return this.#deps.store.update({
        TableName: this.#deps.table(),
        Key: { pk, sk },
        UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
        ExpressionAttributeNames: {
          ...Object.fromEntries(names.map((name) => [`#${name}`, name])),
          ...(condition ? { '#state': 'state' } : {}),
        },
        ExpressionAttributeValues: {
          ...Object.fromEntries(names.map((name) => [`:${name}`, values[name]])),
          ...(condition ? { ':wasSending': 'sending', ':wasUnknown': 'unknown' } : {}),
        },
        ...(condition ? { ConditionExpression: condition } : {}),
      });
    };
    const updatedAt = timestamp(this.#deps.now());
    const { done } = await set({ state, ...others, updatedAt }, '#state IN (:wasSending, :wasUnknown)');
    if (!done && others.providerId !== undefined) await set(others);
  }
}

function call(provider: SmsProvider, { to, from, text, tenant, id }: Outgoing): Promise<SendResult> {
  const { encoding } = measure(text);
  return provider.send({ to, from, text, encoding, ref: { tenant, message: id } });
}

async function read(
  { store, table }: SendDeps,
  tenant: string,
  id: string,
  waiting: { data: number; index: number }[],
): Promise<Outgoing[]> {
  const packKeys = new Map(
    waiting.map(({ data: n }) => [Math.floor(n / messagesPerPack), smsKeys.pack(tenant, id, n)] as const),
  );
  const batchKey = smsKeys.batch(tenant, id);
  const found = await getAll(store, table(), [batchKey, ...packKeys.values()]);
  const { text, from } = asSmsBatch(present(found.get(batchKey), 'an SMS batch is never deleted'));
  const packs = new Map(
    [...packKeys].map(([number, key]) => [
      number,
      asPack(present(found.get(key), 'packs are stored before their batch')),
    ]),
  );
  return waiting.map(({ data: n, index }) => {
    const pack = packs.get(Math.floor(n / messagesPerPack));
    const { to, ...own } = present(pack?.[n % messagesPerPack], 'a batch has as many messages as it counts');
    const messageText = present(own.text ?? text, 'a message has a text of its own or of its batch');
    const name = messageId(id, n);
    const key = smsKeys.message(tenant, name);
    return { to, text: messageText, from: own.from ?? from, key, id: name, tenant, index };
  });
}

async function recordsOf(
  { store, table }: SendDeps,
  outgoing: Outgoing[],
): Promise<Map<string, MessageRecord>> {
  const keys = outgoing.map(({ key }) => key);
  const records = (await getAll(store, table(), keys)).all().map(asMessage);
  return new Map(records.map((record) => [record.id, record]));
}
