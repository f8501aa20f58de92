import type { APIGatewayProxyEvent } from 'aws-lambda';
import type * as z from 'zod';
import type { Endpoint } from '../contract/endpoint.ts';
import type { FormFile } from '../contract/form-file.ts';
import { csvTypes } from '../contract/media-types.ts';
import { workbookKind } from '../files/workbook-kind.ts';
import { present } from '../invariant.ts';
import { checkDeclared, lostTexts, utf8Text } from './encoding.ts';
import { parseJson } from './json.ts';
import {
  bodyFlaw,
  type InputIssue,
  type InputPlace,
  InvalidInput,
  MalformedJson,
  Problem,
} from './problem.ts';
import { readQuery } from './query.ts';
import { bodyBytes, bodyText, isJson, isMultipart, mediaTypeOf } from './request.ts';

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

/** True for a body that claims to be a CSV. */
const isCsv = (event: APIGatewayProxyEvent): boolean => csvTypes.some((type) => type === mediaTypeOf(event));

/** The sentence that names the media types that an endpoint takes. */
function expectedTypes({ body, textBody, form }: Endpoint): string {
  const types = [
    ...(body ? ['application/json'] : []),
    ...(textBody ? csvTypes : []),
    ...(form ? ['multipart/form-data'] : []),
  ];
  const last = types.at(-1);
  return `The body must be ${types.length > 1 ? `${types.slice(0, -1).join(', ')} or ${last}` : last}`;
}

/**
 * Parses the body as JSON. A CSV, where the contract takes one, is left to the schema.
 *
 * @returns `undefined` for an empty body.
 * @throws MalformedJson; InvalidInput for a text that is not UTF-8, for JSON that cannot be read without a
 * loss, and, as `unsupported_media_type`, for another content type.
 */
function readText(event: APIGatewayProxyEvent, endpoint: Endpoint, schema: z.ZodType): unknown {
  // A byte order mark is not JSON, but parsers may ignore it (RFC 8259 §8.1), and clients on Windows do send
  // one.
  const takesCsv = endpoint.textBody !== undefined && isCsv(event);
  if (bodyText(event) !== '' && !takesCsv && !isJson(event)) {
    // The schema checks the body as a text: the issues are part of the answer of some APIs.
    const issues: InputIssue[] = [];
    check(schema, 'body', bodyText(event), issues);
    throw new InvalidInput(issues, expectedTypes(endpoint));
  }
  if (takesCsv && workbookKind(bodyBytes(event)))
    throw new InvalidInput([bodyFlaw([], 'The body is a workbook of Excel: save it as CSV in UTF-8')]);
  const text = utf8Text(event).replace(/^\uFEFF/, '');
  if (text === '') return undefined;
  if (takesCsv) return text;
  const value = readJson(text);
  if (endpoint.textBody && typeof value === 'string')
    throw new InvalidInput([
      bodyFlaw(
        [],
        `The body is JSON within a text of JSON: encode it once, and send a CSV as ${csvTypes[0]}`,
      ),
    ]);
  return value;
}

function readJson(text: string): unknown {
  let parsed: ReturnType<typeof parseJson>;
  try {
    parsed = parseJson(text);
  } catch {
    // The parser's error may quote the body, so it is dropped here.
    throw new MalformedJson(text);
  }
  if (parsed.issues.length > 0) throw new InvalidInput(parsed.issues);
  return parsed.value;
}

function check(schema: z.ZodType, place: InputPlace, value: unknown, issues: InputIssue[]): unknown {
  // The issue's input distinguishes a missing value from one of a wrong type. No problem format sends it
  // back.
  const result = schema.safeParse(value, { reportInput: true });
  if (!result.success) issues.push(...result.error.issues.map((issue) => ({ place, issue })));
  return result.data;
}

/** Bodies that say nothing. Some clients send one with each call. */
const emptyBodies: readonly string[] = ['', '{}', 'null'];

/** Refuses a body of a call that takes none: what it asks for would be ignored. */
const unusedBody = ({ ignoresQuery }: Endpoint, event: APIGatewayProxyEvent): InputIssue[] =>
  ignoresQuery || emptyBodies.includes(bodyText(event).trim())
    ? []
    : [bodyFlaw([], 'This call takes no body')];

/** Reads the fields and files of a multipart form, each under its name. */
export type FormReader = (event: APIGatewayProxyEvent) => Promise<Record<string, string | FormFile>>;

async function readBody(
  endpoint: Endpoint,
  event: APIGatewayProxyEvent,
  readForm: FormReader | undefined,
  issues: InputIssue[],
) {
  const { body, form } = endpoint;
  if (!body && !form) {
    issues.push(...unusedBody(endpoint, event));
    return undefined;
  }
  checkDeclared(event);
  if (form && isMultipart(event)) {
    const read = present(readForm, 'a contract with a form is served with its reader');
    const fields = await read(event);
    issues.push(...lostTexts(fields));
    return check(form, 'body', fields, issues);
  }
  // An empty body is left to the schema.
  if (form && !(body && (bodyText(event) === '' || isJson(event))))
    throw new Problem('unsupported_media_type', expectedTypes(endpoint));
  return body && check(body, 'body', readText(event, endpoint, body), issues);
}

/**
 * Parses path, query and body by the contract's schemas. Nothing of them is left out without telling.
 *
 * @param readForm required for a contract with a `form`.
 * @throws InvalidInput with all issues of the three, MalformedJson, or Problem `unsupported_media_type`.
 */
export async function readInput(endpoint: Endpoint, event: APIGatewayProxyEvent, readForm?: FormReader) {
  const issues: InputIssue[] = [];
  const { params: paramsSchema, query: querySchema } = endpoint;
  const params = paramsSchema && check(paramsSchema, 'path', decodedParameters(event), issues);
  const sent = readQuery(endpoint, event);
  issues.push(...sent.issues);
  const query = querySchema && check(querySchema, 'query', sent.values, issues);
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
