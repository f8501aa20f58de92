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
  /** Virtual time from which it may be delivered, in milliseconds since the Unix epoch. */
  visibleAt: number;
}

/** Visibility timeout, as the stack's queues have it: six times the consumer's timeout. */
const visibilityTimeoutMs = 360_000;
const sweepIntervalMs = 60_000;
const deliveriesMax = 5;

export interface MachineOptions {
  table: TestTable;
  seed: number;
  /** The kinds for one life: their calls outside may end it, too. */
  kinds(life: Life): Record<string, Kind>;
  chances?: Chances;
  /** Probability that a message is delivered to two workers at once. */
  doubled?: number;
  /** Deliveries in parallel; 4 by default. */
  workers?: number;
  /** Name of the run, a part of its keys: several runs share the table. */
  name?: string;
  /** Is called after each delivery. */
  after?: (message: ChunkMessage) => Promise<void> | void;
}

/**
 * A queue as unreliable as SQS may be, and workers that die, around the real engine and the real table. Time
 * is virtual: it moves when every worker is idle.
 */
export class Machine {
  readonly deadLetters: ChunkMessage[] = [];
  readonly reported: Batch[] = [];
  /** Messages in the order of their deliveries. */
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

  /** An engine for one delivery, request or sweep, with a life of its own. */
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
      onEnded: (batch) => its.call(async () => void this.reported.push(batch)),
    });
  }

  /** Virtual time, and randomness from the seed. */
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

  /** Loses every message in the queue. */
  loseMessages(): void {
    this.#queue = [];
  }

  redrive(): void {
    for (const message of this.deadLetters.splice(0)) this.post(message);
  }

  /** Works until the condition holds. */
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

  /** Delivers every visible message, one at a time, up to a number of deliveries. */
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
    if (this.#now - this.#sweptAt >= sweepIntervalMs) {
      await this.sweep(this.#options.chances);
      return true;
    }
    const next = this.#queue.find(({ visibleAt }) => visibleAt <= this.#now);
    if (next) {
      await this.#deliver(next);
      return true;
    }
    // Every worker is idle: the next event is a sweep, or a message that becomes visible.
    if (this.#atWork === 0) {
      const visible = this.#queue.map(({ visibleAt }) => visibleAt);
      this.#now = Math.max(this.#now, Math.min(this.#sweptAt + sweepIntervalMs, ...visible));
    }
    return false;
  }

  async #deliver(queued: Queued): Promise<void> {
    queued.visibleAt = this.#now + visibilityTimeoutMs;
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
    else if (attempts >= deliveriesMax) {
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
