import { Busboy, type BusboyHeaders } from '@fastify/busboy';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { FormFile } from '../contract/form-file.ts';
import { Problem } from './problem.ts';
import { bodyBytes, header } from './request.ts';

const MiB = 1024 * 1024;

/** More than any form of ours has; what is beyond is refused and not dropped. Lambda's 6 MB bound the whole. */
const LIMITS = {
  files: 1,
  fields: 20,
  parts: 25,
  fileSize: 10 * MiB,
  fieldSize: 5 * MiB,
  headerPairs: 20,
  headerSize: 16 * 1024,
};

/** The longest name of a part, which the parser itself does not bound. */
const NAME_LENGTH = 100;

const broken = (message: string) => new Problem('invalid', message, { details: { field: 'body' } });

/** `undefined` where the content type does not say what separates the parts. */
function parserOf(event: APIGatewayProxyEvent) {
  try {
    const headers = { 'content-type': header(event, 'content-type') } as BusboyHeaders;
    return new Busboy({ headers, limits: LIMITS });
  } catch {
    return undefined;
  }
}

/**
 * The fields and the file of a form (RFC 7578), each under its name.
 *
 * @throws Problem `invalid` for a form that is cut off, has a name twice, or has more than `LIMITS`.
 */
export function parseMultipart(event: APIGatewayProxyEvent): Promise<Record<string, string | FormFile>> {
  return new Promise((resolve, reject) => {
    // Without a prototype, so that no name of a field reaches one.
    const values: Record<string, string | FormFile> = Object.create(null);
    const refuse = (message: string) => reject(broken(message));
    const put = (name: string | undefined, value: string | FormFile) => {
      if (!name || name.length > NAME_LENGTH) refuse('A part of the form has no name, or a long one');
      else if (name in values) refuse('A field of the form was sent twice');
      else values[name] = value;
    };
    const parser = parserOf(event);
    if (!parser) return refuse('The Content-Type of the form names no boundary');
    parser.on('field', (name, value, _nameTruncated, valueTruncated) => {
      if (valueTruncated) refuse('A field of the form is too long');
      else put(name, value);
    });
    parser.on('file', (name, stream, fileName, _encoding, type) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('limit', () => refuse('The file is too large'));
      // Without this listener a file that is cut off would end the process.
      stream.on('error', () => refuse('The form is cut off'));
      stream.on('end', () => {
        const bytes = Buffer.concat(chunks);
        // What browsers send for a file that nobody chose.
        if (bytes.length > 0 || fileName) put(name, { name: fileName ?? '', type, bytes });
      });
    });
    for (const limit of ['filesLimit', 'fieldsLimit', 'partsLimit'] as const)
      parser.on(limit, () => refuse('The form has too many parts'));
    parser.on('error', () => refuse('The form is cut off or damaged'));
    parser.on('finish', () => resolve(values));
    parser.end(bodyBytes(event));
  });
}
