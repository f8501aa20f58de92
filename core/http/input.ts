import { jsonContentTypePattern, jsonParseProtectProto } from '@middy/util';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import type * as z from 'zod';
import type { Endpoint } from '../contract/endpoint.ts';
import type { FormFile } from '../contract/form-file.ts';
import { present } from '../invariant.ts';
import { type InputIssue, type InputPlace, InvalidInput, MalformedJson, Problem } from './problem.ts';
import { bodyText, header, isMultipart, queryOf } from './request.ts';

/** The largest body: Lambda's 6 MB for an event, less its headers and the escaping of JSON in JSON. */
const bodyBytesMax = 5 * 1024 * 1024;

/**
 * Checks the size of the body, the first of all checks.
 *
 * @throws Problem `too_large` for more than 5 MiB.
 */
export function checkSize(event: APIGatewayProxyEvent): void {
  const bytes = Buffer.byteLength(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (bytes > bodyBytesMax) throw new Problem('too_large', `The body is larger than ${bodyBytesMax} bytes`);
}

/** True for a body that claims to be JSON, and for an empty one, which is left to the schema. */
const isJson = (event: APIGatewayProxyEvent): boolean =>
  bodyText(event) === '' ||
  /^application\/([a-z0-9!#$%&*.^`_-]+\+)?json\s*(;|$)/i.test((header(event, 'content-type') ?? '').trim());

/**
 * Parses the body as JSON, without keys that could reach a prototype. A text of the contract's `textBody`
 * type is left to the schema.
 *
 * @returns `undefined` for an empty body.
 * @throws MalformedJson, or InvalidInput `unsupported_media_type` for a content type that is not JSON.
 */
function readText(event: APIGatewayProxyEvent, { textBody }: Endpoint, schema: z.ZodType): unknown {
  // A byte order mark is not JSON, but parsers may ignore it (RFC 8259 §8.1), and clients on Windows do send
  // one.
  const text = bodyText(event).replace(/^\uFEFF/, '');
  if (text === '') return undefined;
  const type = header(event, 'content-type') ?? '';
  if (textBody && type.split(';')[0]?.trim().toLowerCase() === textBody) return text;
  if (!jsonContentTypePattern.test(type)) {
    // The schema checks the body as a text: the issues are part of the answer of some APIs.
    const issues: InputIssue[] = [];
    check(schema, 'body', text, issues);
    throw new InvalidInput(issues, 'unsupported_media_type');
  }
  try {
    return jsonParseProtectProto(text);
  } catch {
    // The parser's error may quote the body, so it is dropped here.
    throw new MalformedJson(text);
  }
}

function check(schema: z.ZodType, place: InputPlace, value: unknown, issues: InputIssue[]): unknown {
  // The issue's input distinguishes a missing value from one of a wrong type. No problem format sends it
  // back.
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
 * Parses path, query and body by the contract's schemas.
 *
 * @param readForm required for a contract with a `form`.
 * @throws InvalidInput with all issues of the three, MalformedJson, or Problem `unsupported_media_type`.
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

/**
 * The decoded path parameters. REST APIs pass them as they were sent; an invalid percent-encoding is left
 * unchanged.
 */
function decodedParameters(event: APIGatewayProxyEvent): Record<string, string> {
  const decoded = (text: string) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };
  const entries = Object.entries(event.pathParameters ?? {});
  return Object.fromEntries(
    entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, decoded(value)]])),
  );
}
