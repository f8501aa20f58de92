/** What the thread of one function environment is told and answers. Payloads are JSON text, as on Lambda. */

/** Handed over when the thread starts. */
export interface Setup {
  /** `file:` URL of the module with the handler. */
  readonly module: string;
  readonly exported: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly memoryMb: number;
  readonly shortcut: Shortcut;
}

/** The straight way to the DynamoDB engine. */
export interface Shortcut {
  /** Host and port of the engine. */
  readonly engineHost: string;
  /** Where requests go that the role may not surely make. */
  readonly awsEndpoint: string;
  /** What the role may do with items, as `action ARN`. */
  readonly allowed: ReadonlySet<string>;
}

export type ToThread =
  | {
      readonly type: 'invoke';
      readonly requestId: string;
      readonly payload: string;
      /** Milliseconds since the Unix epoch at which the function is ended. */
      readonly deadline: number;
    }
  /** The last chunk of a streamed answer was taken; the next may be sent. */
  | { readonly type: 'taken' };

export type FromThread =
  | { readonly type: 'ready' }
  | { readonly type: 'answer'; readonly payload: string }
  | { readonly type: 'failure'; readonly error: LambdaError }
  | { readonly type: 'chunk'; readonly bytes: Uint8Array }
  | { readonly type: 'streamed' };

/** An error as Lambda puts it into the answer of a failed invocation. */
export interface LambdaError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}
