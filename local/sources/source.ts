/** A part of the run that starts work by itself (poller, schedule, sweeper) until it is stopped. */
export interface WorkSource {
  /** Stops taking new work and waits for the work in flight. */
  stop(): Promise<void>;
}
