import type { FormFile } from '../../../../core/contract/form-file.ts';
import { Problem } from '../../../../core/http/problem.ts';
import { unreadable } from '../../errors.ts';
import { readSmsBatch, uploadProcessed } from '../store.ts';
import { readUploadedFile } from './bucket.ts';

/** A file of the request, or the id of an upload. */
type Source = { file?: FormFile | undefined } | { upload_id: string };

/**
 * Reads the file of a request, from its form or from an upload.
 *
 * @throws Problem `not_found` for an upload that does not exist or has no file, `conflict` for one that was
 * processed.
 */
export async function readSourceFile(
  source: Source,
  tenant: string,
): Promise<{ bytes: Buffer; uploadId?: string }> {
  if (!('upload_id' in source)) {
    if (!source.file) throw unreadable('Missing required field: file', 'required');
    return { bytes: source.file.bytes };
  }
  const { id, state } = await readSmsBatch(tenant, source.upload_id, 'Upload');
  if (state !== 'expected') throw new Problem('conflict', uploadProcessed);
  return { bytes: await readUploadedFile(tenant, id), uploadId: id };
}
