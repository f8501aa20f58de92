import { randomOf } from '../../../local/random.ts';

/** Discrete-event time: it passes when all events of an instant have happened. A seed replays its run. */
export interface VirtualTime {
  now(): number;
  /** Uniform in [0, 1). */
  random(): number;
  /** Uniform between two numbers. */
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  at(delay: number, happen: () => void): void;
  sleep(milliseconds: number): Promise<void>;
  /** Runs until no event is left, or `goOn` returns false for the number of events so far. */
  run(goOn: (events: number) => boolean): Promise<void>;
}

interface Event {
  time: number;
  order: number;
  happen: () => void;
}

const sooner = (one: Event, other: Event) =>
  one.time < other.time || (one.time === other.time && one.order < other.order);

export function virtualTime(seed: number): VirtualTime {
  const random = randomOf(seed * 2_654_435_769);
  const heap: Event[] = [];
  let time = Date.UTC(2026, 0, 1);
  let order = 0;
  const swap = (one: number, other: number) => {
    [heap[one], heap[other]] = [heap[other] as Event, heap[one] as Event];
  };
  const push = (event: Event) => {
    let place = heap.push(event) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!sooner(heap[place] as Event, heap[parent] as Event)) return;
      swap(place, parent);
      place = parent;
    }
  };
  const pop = (): Event => {
    const first = heap[0] as Event;
    const last = heap.pop() as Event;
    if (heap.length === 0) return first;
    heap[0] = last;
    // Ends at the latest in a leaf of the heap.
    for (let place = 0; ; ) {
      const children = [2 * place + 1, 2 * place + 2].filter((child) => child < heap.length);
      const least = children.reduce(
        (best, child) => (sooner(heap[child] as Event, heap[best] as Event) ? child : best),
        place,
      );
      if (least === place) return first;
      swap(place, least);
      place = least;
    }
  };
  const at = (delay: number, happen: () => void) =>
    push({ time: time + Math.max(0, delay), order: order++, happen });
  return {
    now: () => Math.floor(time),
    random,
    between: (low, high) => low + (high - low) * random(),
    chance: (probability) => random() < probability,
    at,
    sleep: (milliseconds) => new Promise((resolve) => at(milliseconds, resolve)),
    run: async (goOn) => {
      // One turn of the real event loop lets all awaiting code run as far as it can.
      const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
      await drain();
      for (let events = 0; heap.length > 0 && goOn(events); events++) {
        const event = pop();
        time = event.time;
        event.happen();
        await drain();
      }
    },
  };
}
