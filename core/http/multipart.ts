import { Busboy, type BusboyHeaders } from '@fastify/busboy';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { FormFile } from '../contract/form-file.ts';
import { Problem } from './problem.ts';
import { bodyBytes, header } from './request.ts';

const mebibyteBytes = 1024 * 1024;

/**
 * More than any of our forms has; a form beyond a limit is rejected, not truncated. Lambda's 6 MB bound the
 * whole.
 */
const formLimits = {
  files: 1,
  fields: 20,
  parts: 25,
  fileSize: 10 * mebibyteBytes,
  fieldSize: 5 * mebibyteBytes,
  headerPairs: 20,
  headerSize: 16 * 1024,
};

/** The longest name of a part in characters, which the parser itself does not bound. */
const nameLengthMax = 100;

const broken = (message: string) => new Problem('invalid', message, { details: { field: 'body' } });

/** A parser for the form, or `undefined` if its content type names no boundary. */
function parserOf(event: APIGatewayProxyEvent) {
  try {
    const headers = { 'content-type': header(event, 'content-type') } as BusboyHeaders;
    return new Busboy({ headers, limits: formLimits });
  } catch {
    return undefined;
  }
}

/**
 * Reads the fields and the file of a multipart form (RFC 7578), each under its name.
 *
 * @throws Problem `invalid` for a form that is truncated, repeats a name, or exceeds `formLimits`.
 */
export function parseMultipart(event: APIGatewayProxyEvent): Promise<Record<string, string | FormFile>> {
  return new Promise((resolve, reject) => {
    // No prototype, so that a field named `__proto__` is a field like any other.
    const values: Record<string, string | FormFile> = Object.create(null);
    const refuse = (message: string) => reject(broken(message));
    const put = (name: string | undefined, value: string | FormFile) => {
      if (!name || name.length > nameLengthMax) refuse('A part of the form has no name, or a long one');
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
      // An `error` event without a listener, as of a truncated file, would end the process.
      stream.on('error', () => refuse('The form is cut off'));
      stream.on('end', () => {
        const bytes = Buffer.concat(chunks);
        // Browsers send an empty part without a file name for an input in which no file was chosen.
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
