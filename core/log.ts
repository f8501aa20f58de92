/**
 * The fields of a log line: names, numbers and codes. Never a body, a token, or a text that a person typed.
 */
export type LogFields = Record<string, string | number | boolean | null | undefined | object> & {
  [own in 'level' | 'message' | 'at']?: never;
};

export type LogLevel = 'info' | 'warn' | 'error';

/** Writes one line of JSON, which CloudWatch Logs and the local run parse. */
export function log(level: LogLevel, message: string, fields: LogFields = {}): void {
  console[level](JSON.stringify({ level, message, at: new Date().toISOString(), ...fields }));
}

const framesShownMax = 8;

/**
 * Names of errors whose text has only actions, resources, settings and rules. Any other text may quote
 * a caller's input.
 */
const namesWithSafeText = new Set([
  'AccessDeniedException',
  'AccessDenied',
  'AuthorizationErrorException',
  'BrokenInvariant',
  'MissingSetting',
  'NewerVersion',
]);

/**
 * The log fields of an error: its name and its first stack frames, but neither text nor cause, since those of
 * a parser quote the input.
 */
export function describe(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error };
  const frames = error.stack?.split('\n').filter((line) => line.trimStart().startsWith('at ')) ?? [];
  return {
    error: error.name,
    ...(namesWithSafeText.has(error.name) ? { reason: error.message } : {}),
    stack: frames.slice(0, framesShownMax).map((line) => line.trim()),
  };
}
