import * as z from 'zod';
import { changes, type Endpoint } from './endpoint.ts';

type Json = Record<string, unknown>;
type Systems = Record<string, Record<string, Endpoint>>;

/**
 * A schema as JSON Schema 2020-12, which OpenAPI 3.1 uses.
 *
 * @param named receives the schema's named definitions, which it refers to in `components`.
 */
function schemaOf(schema: z.ZodType, io: 'input' | 'output', named: Json): Json {
  const { $schema, $defs, ...json } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    reused: 'inline',
  }) as Json;
  for (const [name, definition] of Object.entries(($defs ?? {}) as Json)) named[name] = moved(definition);
  return moved(json) as Json;
}

/** Points references to a schema's own definitions to the document's components. */
const moved = (json: unknown): unknown =>
  JSON.parse(JSON.stringify(json).replaceAll('"#/$defs/', '"#/components/schemas/'));

function parametersOf(schema: z.ZodObject | undefined, place: 'path' | 'query', named: Json): Json[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input', named) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: { ...property, default: whenLeftOut(schema.shape[name]) },
  }));
}

/** The default of a parameter, found by parsing `undefined`. */
function whenLeftOut(schema: z.core.$ZodType | undefined): unknown {
  const parsed = schema && z.safeParse(schema, undefined);
  return parsed?.success ? parsed.data : undefined;
}

const idempotencyHeaders: Json[] = [
  {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'Repeats of this call with the same key and body get the first answer again, for 24 hours.',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  },
];

function operationOf(system: string, name: string, endpoint: Endpoint, named: Json): Json {
  const { params, query, body, form, textBody, reply, status = 200, roles, limit } = endpoint;
  const limited = limit
    ? ` Limited to ${limit.calls} ${limit.calls === 1 ? 'call' : 'calls'} in ${limit.seconds} seconds for each ${limit.per}.`
    : '';
  const forWhom = endpoint.usersOnly ? ' API keys may not call it.' : '';
  const content = {
    [endpoint.replyType?.split(';')[0] ?? 'application/json']: { schema: schemaOf(reply, 'output', named) },
  };
  return {
    operationId: `${system}.${name}`,
    tags: [system],
    summary: endpoint.summary,
    description: `${endpoint.description ?? ''}${forWhom}${limited}`.trim() || undefined,
    security: roles === 'anyone' ? [{}, { token: [] }] : [{ token: [] }],
    parameters: [
      ...parametersOf(params, 'path', named),
      ...parametersOf(query, 'query', named),
      ...(changes(endpoint) ? idempotencyHeaders : []),
    ],
    requestBody: (body ?? form) && {
      required: true,
      content: {
        ...(body ? { 'application/json': { schema: schemaOf(body, 'input', named) } } : {}),
        ...(textBody ? { [textBody]: { schema: { type: 'string' } } } : {}),
        ...(form ? { 'multipart/form-data': { schema: schemaOf(form, 'input', named) } } : {}),
      },
    },
    responses: {
      [status]: { description: 'Done', ...(status === 204 ? {} : { content }) },
      default: { description: 'A problem, in the format of this API' },
    },
  };
}

/**
 * The OpenAPI 3.1 document of all systems, derived from their contracts.
 *
 * @param server the address of the API, with its stage, without a slash at the end.
 */
export function openApiDocument(systems: Systems, server: string): Json {
  const named: Json = {};
  const paths: Record<string, Json> = {};
  for (const [system, endpoints] of Object.entries(systems)) {
    for (const [name, endpoint] of Object.entries(endpoints)) {
      paths[endpoint.path] = {
        ...paths[endpoint.path],
        [endpoint.method.toLowerCase()]: operationOf(system, name, endpoint, named),
      };
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Bulkhead',
      version: '1',
      description:
        'Bulk-operation APIs for many tenants. Query parameters that a call does not have, and repeated ones, are refused. HEAD is answered as GET, without the body.',
    },
    servers: [{ url: server }],
    paths,
    components: {
      schemas: named,
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'A JWT of the stage’s issuer, or an API key (`bh_…`) for machines.',
        },
      },
    },
  };
}
