import type { TableShape } from '../dynamodb/table-shape.ts';

/** Messages between a function's worker thread and its parent. Payloads are JSON text, as on Lambda. */

/** The `workerData` of the thread. */
export interface Setup {
  /** `file:` URL of the module with the handler. */
  readonly module: string;
  readonly exported: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly memoryMb: number;
  readonly logGroup: string;
  readonly shortcut: Shortcut;
}

/** Direct route to the DynamoDB engine, past the local AWS endpoint. */
export interface Shortcut {
  /** Host and port of the engine. */
  readonly engineHost: string;
  /** The local AWS endpoint, for requests that are not known to be allowed. */
  readonly awsEndpoint: string;
  /** The item operations that the role may perform, as `action ARN`. */
  readonly allowed: ReadonlySet<string>;
  /** The tables against which requests are checked by the rules of AWS; `undefined` if they are not. */
  readonly strictTables?: readonly TableShape[] | undefined;
}

export type ToThread =
  | {
      readonly type: 'invoke';
      readonly requestId: string;
      readonly payload: string;
      /** Time at which the invocation is ended, in milliseconds since the Unix epoch. */
      readonly deadline: number;
    }
  /** The last chunk of a streamed answer was consumed; the next may be sent. */
  | { readonly type: 'taken' };

export type FromThread =
  | { readonly type: 'ready' }
  | { readonly type: 'answer'; readonly payload: string }
  | { readonly type: 'failure'; readonly error: LambdaError }
  | { readonly type: 'chunk'; readonly bytes: Uint8Array }
  | { readonly type: 'streamed' }
  /** The engine refused a DynamoDB request as invalid: the operation and what is invalid. */
  | { readonly type: 'refused'; readonly refusal: string };

/** The error payload of a failed invocation, in Lambda's shape. */
export interface LambdaError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}
