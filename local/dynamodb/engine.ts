import type { AwsAnswer } from '../services/service.ts';

/** A running DynamoDB engine, whichever it is. */
export interface DynamoEngine {
  /** Its address, as `host:port`. */
  readonly host: string;
  /** Its process id; none if it was started elsewhere. */
  readonly pid: number | undefined;
  /** Resolves when the engine ends, after `stop()` or by itself; never for one that was started elsewhere. */
  readonly ended: Promise<void>;
  /** Forwards a request unchanged and returns the engine's answer unchanged. */
  forward(target: string, body: Buffer | string): Promise<AwsAnswer>;
  /** Ends the engine at once, as `kill -9` does. One that was started elsewhere goes on. */
  kill(): void;
  /** Ends the engine; every acknowledged write is on disk. One that was started elsewhere goes on. */
  stop(): Promise<void>;
}
