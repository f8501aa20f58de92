/**
 * Fields that a line may have: names, numbers and codes. Never a body, a token, or anything a person typed.
 */
export type LogFields = Record<string, string | number | boolean | null | undefined | object> & {
  [own in 'level' | 'message' | 'at']?: never;
};

export type LogLevel = 'info' | 'warn' | 'error';

/** Writes one line of JSON; CloudWatch Logs and the local run read it as it is. */
export function log(level: LogLevel, message: string, fields: LogFields = {}): void {
  console[level](JSON.stringify({ level, message, at: new Date().toISOString(), ...fields }));
}

/**
 * Errors whose text names only actions, resources, settings and rules. Any other text may quote a caller's
 * input.
 */
const loggableErrors = new Set([
  'AccessDeniedException',
  'AccessDenied',
  'AuthorizationErrorException',
  'BrokenInvariant',
  'MissingSetting',
]);

/**
 * An error as a log may have it: its name and the places in the code, but neither its text nor its cause,
 * since those of a parser quote the input.
 */
export function describe(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error };
  const frames = error.stack?.split('\n').filter((line) => line.trimStart().startsWith('at ')) ?? [];
  return {
    error: error.name,
    ...(loggableErrors.has(error.name) ? { reason: error.message } : {}),
    stack: frames.slice(0, 8).map((line) => line.trim()),
  };
}
