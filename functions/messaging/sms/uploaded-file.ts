import type { FormFile } from '../../../core/contract/form-file.ts';
import { Problem } from '../../../core/http/problem.ts';
import { unreadable } from '../files/unreadable.ts';
import { readSmsBatch } from './store.ts';
import { readUploadedFile } from './upload-store.ts';

/** A file as it came with a request, or the name of one that was uploaded before. */
type Source = { file?: FormFile | undefined } | { upload_id: string };

/**
 * The bytes of a file, wherever they are.
 *
 * @throws Problem `not_found` for an upload that does not exist or has no file, `conflict` for one that was processed.
 */
export async function fileOf(source: Source, tenant: string): Promise<{ bytes: Buffer; uploadId?: string }> {
  if (!('upload_id' in source)) {
    if (!source.file) throw unreadable('Missing required field: file', 'required');
    return { bytes: source.file.bytes };
  }
  const { id, state } = await readSmsBatch(tenant, source.upload_id, 'Upload');
  if (state !== 'expected') throw new Problem('conflict', 'This upload was processed already');
  return { bytes: await readUploadedFile(tenant, id), uploadId: id };
}
