import { Problem } from '../../../core/http/problem.ts';

/** A file that cannot be read, with what its sender can do about it. Nothing of the file is in the message. */
export const unreadable = (message: string, constraint = message): Problem =>
  new Problem('invalid', message, { details: { field: 'file', constraint } });
