import { setTimeout as sleep } from 'node:timers/promises';
import type { ChunkMessage } from '../../../core/batch/chunk-message.ts';
import { type Engine, openEngine } from '../../../core/batch/engine.ts';
import type { Kind } from '../../../core/batch/kind.ts';
import type { Batch } from '../../../core/batch/record.ts';
import type { Deps } from '../../../core/deps.ts';
import { type Chances, type Life, life, peaceful, seeded, storeOf } from './faults.ts';
import type { TestTable } from './table.ts';

interface Queued {
  message: ChunkMessage;
  attempts: number;
  /** From when it may be delivered, in virtual milliseconds. */
  visibleAt: number;
}

/** How long a delivered message stays hidden, as the stack's queues do: six times the consumer's timeout. */
const VISIBILITY = 360_000;
const SWEEP = 60_000;
const TRIES = 5;

export interface MachineOptions {
  table: TestTable;
  seed: number;
  /** The kinds, made for one life, since what they call outside may kill it as well. */
  kinds(life: Life): Record<string, Kind>;
  chances?: Chances;
  /** That a message is delivered to two workers at once. */
  doubled?: number;
  /** How many deliveries are at work at once. */
  workers?: number;
  /** Sets runs in one table apart. */
  name?: string;
  /** Is called after each delivery. */
  after?: (message: ChunkMessage) => Promise<void> | void;
}

/**
 * A queue as unreliable as SQS may be, and workers that die, around the real engine and the real table. Time is virtual: it moves when
 * everybody waits.
 */
export class Machine {
  readonly deadLetters: ChunkMessage[] = [];
  readonly announced: Batch[] = [];
  /** The messages in the order of their delivery. */
  readonly deliveries: ChunkMessage[] = [];
  #queue: Queued[] = [];
  #now = Date.parse('2026-01-01T00:00:00Z');
  #sweptAt = this.#now;
  #names = 0;
  readonly #random: () => number;
  readonly #options: MachineOptions;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.#random = seeded(options.seed);
  }

  /** An engine for one delivery, request or sweep, which dies with it. */
  engine(chances: Chances = peaceful): { engine: Engine; life: Life } {
    const its = life(this.#random, chances);
    return { engine: this.engineOf(its), life: its };
  }

  engineOf(its: Life): Engine {
    const { table, kinds, name = 'test' } = this.#options;
    return openEngine({
      name,
      kinds: kinds(its),
      store: storeOf(table.store, its),
      table: () => table.name,
      deps: this.depsOf(),
      send: (_, message) => its.call(async () => this.post(message)),
      onEnded: (batch) => its.call(async () => void this.announced.push(batch)),
    });
  }

  /** Virtual time, and randomness that the seed repeats. */
  depsOf(): Deps {
    const { name = 'test' } = this.#options;
    return {
      now: () => this.#now,
      random: this.#random,
      pause: async (milliseconds) => {
        this.#now += milliseconds;
        await sleep(0);
      },
      unique: () => `${name}-${this.#names++}`,
    };
  }

  get now(): number {
    return this.#now;
  }

  post(message: ChunkMessage): void {
    this.#queue.push({ message: structuredClone(message), attempts: 0, visibleAt: this.#now });
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** Loses every message on its way. */
  loseMessages(): void {
    this.#queue = [];
  }

  redrive(): void {
    for (const message of this.deadLetters.splice(0)) this.post(message);
  }

  /** Works until this holds. */
  async until(holds: () => Promise<boolean> | boolean): Promise<void> {
    let over = false;
    const worker = async () => {
      while (!over) if (!(await this.#step())) await sleep(0);
    };
    const workers = Array.from({ length: this.#options.workers ?? 4 }, worker);
    const watching = (async () => {
      while (!(await holds())) await sleep(1);
      over = true;
    })();
    try {
      await Promise.race([Promise.all([watching]), Promise.all(workers)]);
    } finally {
      over = true;
      await Promise.allSettled(workers);
    }
  }

  /** Delivers everything there is, one at a time, without waiting for what is not visible yet. */
  async drain(limit = Number.POSITIVE_INFINITY): Promise<void> {
    for (let count = 0; count < limit; count++) {
      const next = this.#queue.find(({ visibleAt }) => visibleAt <= this.#now);
      if (!next) return;
      await this.#deliver(next);
    }
  }

  /** Lets time pass. */
  pass(milliseconds: number): void {
    this.#now += milliseconds;
  }

  async sweep(chances: Chances = peaceful): Promise<void> {
    this.#sweptAt = this.#now;
    await this.engine(chances)
      .engine.sweep()
      .catch(() => undefined);
  }

  #atWork = 0;

  async #step(): Promise<boolean> {
    if (this.#now - this.#sweptAt >= SWEEP) {
      await this.sweep(this.#options.chances);
      return true;
    }
    const next = this.#queue.find(({ visibleAt }) => visibleAt <= this.#now);
    if (next) {
      await this.#deliver(next);
      return true;
    }
    // Nobody has anything to do: the next thing that happens is a sweep, or a message that becomes visible.
    if (this.#atWork === 0) {
      const visible = this.#queue.map(({ visibleAt }) => visibleAt);
      this.#now = Math.max(this.#now, Math.min(this.#sweptAt + SWEEP, ...visible));
    }
    return false;
  }

  async #deliver(queued: Queued): Promise<void> {
    queued.visibleAt = this.#now + VISIBILITY;
    queued.attempts += 1;
    const { message, attempts } = queued;
    const twice = this.#random() < (this.#options.doubled ?? 0);
    this.#atWork += 1;
    const ends = await Promise.all([
      this.#attempt(message, attempts),
      ...(twice ? [this.#attempt(message, attempts)] : []),
    ]);
    this.#atWork -= 1;
    if (ends.includes(true)) this.#queue = this.#queue.filter((other) => other !== queued);
    else if (attempts >= TRIES) {
      this.#queue = this.#queue.filter((other) => other !== queued);
      this.deadLetters.push(message);
    }
    await this.#options.after?.(message);
  }

  async #attempt(message: ChunkMessage, attempts: number): Promise<boolean> {
    this.deliveries.push(message);
    const { engine, life: its } = this.engine(this.#options.chances);
    try {
      await engine.work(message, attempts);
      return !its.dead;
    } catch {
      return false;
    }
  }
}
