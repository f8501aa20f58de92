/** The source of the time, an argument of every rule that depends on it, so that tests set it. */
export interface Clock {
  /** The present instant in milliseconds since the Unix epoch. */
  now(): number;
}

/** The system clock. Lambda keeps it within milliseconds of UTC (Amazon Time Sync). */
export const systemClock: Clock = { now: () => Date.now() };

/** An instant in the format of the APIs: RFC 3339, UTC, with milliseconds and `Z`. */
export const timestamp = (milliseconds: number): string => new Date(milliseconds).toISOString();
