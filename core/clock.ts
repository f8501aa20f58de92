/** Tells the time; rules take it as an argument, so that a test decides what time it is. */
export interface Clock {
  /** The present instant in milliseconds since the Unix epoch. */
  now(): number;
}

/** The machine's own clock. Lambda keeps it within milliseconds of UTC (Amazon Time Sync). */
export const systemClock: Clock = { now: () => Date.now() };

/** An instant as the APIs write it: RFC 3339, UTC, milliseconds, `Z`. */
export const timestamp = (milliseconds: number): string => new Date(milliseconds).toISOString();
