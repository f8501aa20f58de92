import * as z from 'zod';

/** A file of a form. Its name and media type are the sender's claim; only its bytes can be checked. */
export interface FormFile {
  name: string;
  type: string;
  bytes: Buffer;
}

const isFile = (value: unknown): value is FormFile =>
  typeof value === 'object' && value !== null && 'bytes' in value && value.bytes instanceof Buffer;

/** The schema of a file among the fields of a contract's `form`. */
export const formFile = z
  .custom<FormFile>(isFile, { error: 'must be a file of the form' })
  .meta({ type: 'string', contentMediaType: 'application/octet-stream' });
