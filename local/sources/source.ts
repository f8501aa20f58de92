/** Something that starts work by itself until it is stopped. */
export interface Source {
  /** Stops taking new work and waits for what is in flight. */
  stop(): Promise<void>;
}
