import jsonBodyParser from '@middy/http-json-body-parser';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import type * as z from 'zod';
import type { Endpoint } from '../contract/endpoint.ts';
import type { FormFile } from '../contract/form-file.ts';
import { present } from '../invariant.ts';
import { type InputIssue, type InputPlace, InvalidInput, MalformedJson, Problem } from './problem.ts';
import { bodyText, header, isMultipart, queryOf } from './request.ts';

/** The largest body that an endpoint takes: Lambda's 6 MB for a whole event, less its headers and the escaping of JSON in JSON. */
const BODY_BYTES = 5 * 1024 * 1024;

/** @throws Problem `too_large` before anything else is looked at. */
export function checkSize(event: APIGatewayProxyEvent): void {
  const bytes = Buffer.byteLength(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (bytes > BODY_BYTES) throw new Problem('too_large', `The body is larger than ${BODY_BYTES} bytes`);
}

const parser = jsonBodyParser();

/** Media types that the parser takes, a missing body included: that is for the schema to judge. */
const isJson = (event: APIGatewayProxyEvent): boolean =>
  bodyText(event) === '' ||
  /^application\/([a-z0-9!#$%&*.^`_-]+\+)?json\s*(;|$)/i.test((header(event, 'content-type') ?? '').trim());

/**
 * The body as JSON, read by middy's parser: it refuses keys that could reach a prototype, and nesting too deep to walk. A text of the
 * contract's other content type is left to its schema.
 *
 * @returns `undefined` for no body at all.
 * @throws MalformedJson, or InvalidInput `unsupported_media_type` for anything that does not claim to be JSON.
 */
function readText(event: APIGatewayProxyEvent, { textBody }: Endpoint, schema: z.ZodType): unknown {
  // A byte order mark is no JSON (RFC 8259 §8.1), but may be ignored, and clients on Windows do send one.
  const text = bodyText(event).replace(/^\uFEFF/, '');
  if (text === '') return undefined;
  const type = header(event, 'content-type') ?? '';
  if (textBody && type.split(';')[0]?.trim().toLowerCase() === textBody) return text;
  const request = {
    event: { headers: { 'content-type': type }, body: text as unknown },
  };
  try {
    // The parser is middleware: it wants a whole request, of which it reads and writes these fields only.
    (parser.before as unknown as (request: object) => void)(request);
  } catch (error) {
    // The parser's error holds the whole body as its cause, so it ends here.
    if ((error as { statusCode?: number }).statusCode === 415) {
      // What is no JSON is a text to the schema: some APIs answer with what is wrong with that.
      const issues: InputIssue[] = [];
      check(schema, 'body', text, issues);
      throw new InvalidInput(issues, 'unsupported_media_type');
    }
    throw new MalformedJson(text);
  }
  return request.event.body;
}

function check(schema: z.ZodType, place: InputPlace, value: unknown, issues: InputIssue[]): unknown {
  // With its input an issue tells a missing value from one of the wrong type; spellings never repeat it.
  const result = schema.safeParse(value, { reportInput: true });
  if (!result.success) issues.push(...result.error.issues.map((issue) => ({ place, issue })));
  return result.data;
}

/** Reads the fields and files of a multipart form, each under its name. */
export type FormReader = (event: APIGatewayProxyEvent) => Promise<Record<string, string | FormFile>>;

async function readBody(
  endpoint: Endpoint,
  event: APIGatewayProxyEvent,
  readForm: FormReader | undefined,
  issues: InputIssue[],
) {
  const { body, form } = endpoint;
  if (form && isMultipart(event)) {
    const read = present(readForm, 'a contract with a form is served with its reader');
    return check(form, 'body', await read(event), issues);
  }
  if (form && !(body && isJson(event)))
    throw new Problem(
      'unsupported_media_type',
      `The body must be ${body ? 'application/json or ' : ''}multipart/form-data`,
    );
  return body && check(body, 'body', readText(event, endpoint, body), issues);
}

/**
 * Path, query and body as the contract's schemas make them.
 *
 * @throws InvalidInput with every issue of all three, or MalformedJson.
 */
export async function readInput(endpoint: Endpoint, event: APIGatewayProxyEvent, readForm?: FormReader) {
  const issues: InputIssue[] = [];
  const { params: paramsSchema, query: querySchema } = endpoint;
  const params = paramsSchema && check(paramsSchema, 'path', decodedParameters(event), issues);
  const query = querySchema && check(querySchema, 'query', queryOf(event), issues);
  const body = await readBody(endpoint, event, readForm, issues);
  if (issues.length > 0) throw new InvalidInput(issues);
  return { params, query, body };
}

/** REST APIs hand path parameters over as they were sent; one that is no valid percent-encoding is left as it is. */
function decodedParameters(event: APIGatewayProxyEvent): Record<string, string> {
  const decoded = (text: string) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };
  const entries = Object.entries(event.pathParameters ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [name, decoded(value ?? '')]));
}
