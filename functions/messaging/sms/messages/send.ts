import { isPassing } from '../../../../core/batch/context.ts';
import type { Kind } from '../../../../core/batch/kind.ts';
import type { Settlement } from '../../../../core/batch/settle.ts';
import { timestamp } from '../../../../core/clock.ts';
import type { Item, Key, Store, Written } from '../../../../core/dynamo/store.ts';
import { invariant, present } from '../../../../core/invariant.ts';
import { asPack, asSmsBatch, messagesPerPack, type PackedMessage, smsKeys } from '../batch.ts';
import type { SendResult, SmsProvider } from '../providers/provider.ts';
import { messageId } from './id.ts';
import {
  type AcceptedRecord,
  asMessage,
  type MessageRecord,
  type SendOutcome,
  sendOutcomeOf,
} from './record.ts';
import { measure } from './segments.ts';

/** What sending needs from the world; a test provides its own. */
export interface SendDeps {
  store: Store;
  /** The name of the table with the batches and messages. */
  table(): string;
  provider(): Promise<SmsProvider>;
  /** Those of a tenant's phones whose owners want no messages. */
  optedOut(tenant: string, phones: string[]): Promise<Set<string>>;
  settle(settlement: Settlement): Promise<unknown>;
  /** Schedules polling for a receipt, for a provider that pushes none. */
  scheduleReceiptPoll?(record: AcceptedRecord, to: string): Promise<void>;
  now(): number;
  random(): number;
  pause(milliseconds: number): Promise<void>;
  /** A name that nobody else has. */
  unique(): string;
}

/** Messages of one chunk that are sent at once. */
const messagesInParallel = 10;

/** How long a chunk begins to send messages, in milliseconds: with the longest call it ends before its function does. */
const sendingMsMax = 30_000;

/**
 * The pauses after a provider would not take a message now, in milliseconds: each is twice the one before. After the longest the message is left,
 * and comes again with its chunk, within a minute: it must not keep others' messages from being sent.
 */
const laterPauseMs = { min: 200, max: 3_200 };

/** The code of a message that was not sent since its recipient wants none. */
const optedOutCode = 'OPTED_OUT';

/** One message on its way to the provider. */
interface Outgoing extends Required<PackedMessage> {
  key: Key;
  id: string;
  tenant: string;
  index: number;
}

/**
 * Sends messages, each at most once. A message is claimed by making its record, which must not exist, before the provider is called: so it is
 * called for a message once in all time, and whoever finds a claim without an answer leaves it to the receipt. What has no record was never
 * sent, and is sent whenever its chunk comes again.
 *
 * The engine's own claim says that a chunk is being sent; it holds no more than the numbers of its messages.
 */
export const smsKind = (deps: SendDeps): Kind<number, 'sent', string> => ({
  table: deps.table,
  reads: () => [],
  plan: (operations) => operations.map(() => ({ waiting: true })),
  stuck: 'STUCK',
  async carryOut({ batch, chunk, waiting }, again) {
    const until = deps.now() + sendingMsMax;
    const { sms } = batch.details;
    invariant(typeof sms === 'string', 'the engine keeps the id of the batch of messages');
    const outgoing = await read(deps, batch.tenant, sms, waiting);
    const records = again ? await recordsOf(deps, outgoing) : new Map<string, MessageRecord>();
    const unsent = outgoing.filter(({ id }) => !records.has(id));
    const refused = await deps.optedOut(
      batch.tenant,
      unsent.map(({ to }) => to),
    );
    const sender = new ChunkSender(deps, refused, until);
    const outcomes = await inParallel(outgoing, async (message) => {
      const record = records.get(message.id);
      const outcome = await (record ? sender.recall(record) : sender.send(message));
      return outcome ? [{ index: message.index, outcome }] : [];
    });
    const known = outcomes.flat();
    if (known.length > 0) await deps.settle({ batch: batch.id, chunk, outcomes: known });
  },
});

/** Brings the messages of one chunk on their way. */
class ChunkSender {
  readonly #deps: SendDeps;
  readonly #refused: Set<string>;
  readonly #until: number;

  constructor(deps: SendDeps, refused: Set<string>, until: number) {
    this.#deps = deps;
    this.#refused = refused;
    this.#until = until;
  }

  /** What became of a message that somebody claimed before. */
  async recall(record: MessageRecord): Promise<SendOutcome | undefined> {
    // Whoever claimed it is gone, since only one delivery is at a chunk.
    if (record.state === 'sending') await this.#move(record, { state: 'unknown' });
    return sendOutcomeOf(record, this.#deps.now());
  }

  async send(message: Outgoing): Promise<SendOutcome | undefined> {
    if (this.#refused.has(message.to)) return await this.#refuse(message);
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
      if (result.kind !== 'later') return await this.#note(claimed, message.to, result);
      // Nothing was sent, so the claim may go: then anybody may send it.
      await this.#release(claimed);
      await this.#deps.pause(pause * (0.5 + this.#deps.random() / 2));
    }
    return undefined;
  }

  async #note(
    record: MessageRecord,
    to: string,
    result: Exclude<SendResult, { kind: 'later' }>,
  ): Promise<SendOutcome | undefined> {
    const at = timestamp(this.#deps.now());
    if (result.kind === 'unknown') {
      await this.#move(record, { state: 'unknown' });
      return undefined;
    }
    if (result.kind === 'rejected') {
      await this.#move(record, { state: 'failed', code: result.code });
      return { error: result.code };
    }
    const { providerId } = result;
    await this.#move(record, { state: 'sent', providerId, sentAt: at });
    await this.#deps.scheduleReceiptPoll?.({ ...record, providerId }, to);
    return { result: 'sent' };
  }

  async #refuse(message: Outgoing): Promise<SendOutcome | undefined> {
    const claimed = await this.#claim(message, 'failed', optedOutCode);
    return claimed && { error: optedOutCode };
  }

  /** @returns nothing if somebody else has the message. */
  async #claim(
    { key, id, tenant }: Outgoing,
    state: 'sending' | 'failed',
    code?: string,
  ): Promise<MessageRecord | undefined> {
    const now = this.#deps.now();
    // Of its own for each claim, so that a late echo of giving one up cannot undo the next.
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
    const { done, item } = await this.#write(() => this.#deps.store.put(put));
    // A claim whose answer was lost finds itself.
    return done || item?.by === by ? record : undefined;
  }

  async #release({ pk, sk, by }: MessageRecord): Promise<void> {
    await this.#write(() =>
      this.#deps.store.remove({
        TableName: this.#deps.table(),
        Key: { pk, sk },
        ConditionExpression: '#state = :sending AND #by = :by',
        ExpressionAttributeNames: { '#state': 'state', '#by': 'by' },
        ExpressionAttributeValues: { ':sending': 'sending', ':by': by },
      }),
    );
  }

  /** Notes how far a message has come. A receipt that was quicker stays as it is, and only the provider's name for it is added. */
  async #move(
    { pk, sk }: MessageRecord,
    fields: Partial<Pick<MessageRecord, 'state' | 'code' | 'providerId' | 'sentAt'>>,
  ): Promise<void> {
    const { state, ...others } = fields;
    const set = (values: Item, condition?: string) => {
      const names = Object.keys(values);
      return this.#write(() =>
        this.#deps.store.update({
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
        }),
      );
    };
    const updatedAt = timestamp(this.#deps.now());
    const { done } = await set({ state, ...others, updatedAt }, '#state IN (:wasSending, :wasUnknown)');
    if (!done && others.providerId !== undefined) await set(others);
  }

  /** Writes are conditional, so they may be made again until they are answered. */
  async #write(write: () => Promise<Written>): Promise<Written> {
    for (let pause = 10; ; pause = Math.min(pause * 2, 1_000)) {
      try {
        return await write();
      } catch (error) {
        if (!isPassing(error) || this.#deps.now() > this.#until + sendingMsMax / 2) throw error;
        await this.#deps.pause(pause);
      }
    }
  }
}

function call(provider: SmsProvider, { to, from, text, tenant, id }: Outgoing): Promise<SendResult> {
  const { encoding } = measure(text);
  return provider.send({ to, from, text, encoding, ref: { tenant, message: id } });
}

async function read(
  deps: SendDeps,
  tenant: string,
  id: string,
  waiting: { data: number; index: number }[],
): Promise<Outgoing[]> {
  const packKeys = new Map(
    waiting.map(({ data: n }) => [Math.floor(n / messagesPerPack), smsKeys.pack(tenant, id, n)] as const),
  );
  const items = await getAll(deps, [smsKeys.batch(tenant, id), ...packKeys.values()]);
  const batch = present(
    items.find(({ sk }) => sk === 'BATCH'),
    'a batch of messages outlives its chunks',
  );
  const { text, from } = asSmsBatch(batch);
  const packs = new Map(
    items.filter((item) => item !== batch).map((item) => [String(item.sk), asPack(item)]),
  );
  return waiting.map(({ data: n, index }) => {
    const pack = present(packs.get(smsKeys.pack(tenant, id, n).sk), 'packs are stored before their batch');
    const { to, ...own } = present(pack[n % messagesPerPack], 'a batch has as many messages as it counts');
    const messageText = present(own.text ?? text, 'a message has a text of its own or of its batch');
    const name = messageId(id, n);
    const key = smsKeys.message(tenant, name);
    return { to, text: messageText, from: own.from ?? from, key, id: name, tenant, index };
  });
}

async function recordsOf(deps: SendDeps, outgoing: Outgoing[]): Promise<Map<string, MessageRecord>> {
  const items = await getAll(
    deps,
    outgoing.map(({ key }) => key),
  );
  return new Map(items.map(asMessage).map((record) => [record.id, record]));
}

async function getAll({ store, table }: SendDeps, keys: Key[]): Promise<Item[]> {
  const all: Item[] = [];
  for (let wanted = keys; wanted.length > 0; ) {
    const { items, unread } = await store.getMany(table(), wanted);
    all.push(...items);
    wanted = unread;
  }
  return all;
}

async function inParallel<T, R>(all: T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = all.entries();
  const worker = async () => {
    for (const [place, one] of queue) results[place] = await work(one);
  };
  await Promise.all(Array.from({ length: messagesInParallel }, worker));
  return results;
}
