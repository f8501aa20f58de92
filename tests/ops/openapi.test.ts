import { beforeAll, describe, expect, inject, test } from 'vitest';
import type { Endpoint } from '../../core/contract/endpoint.ts';
import { endpoints } from '../../functions/index.ts';

type Json = Record<string, unknown>;

interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  security: Json[];
  parameters: { name: string; in: string; required: boolean; schema: Json }[];
  requestBody?: { content: Record<string, { schema: Json }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: Json }> }>;
}

interface Document {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Json>; securitySchemes: Json };
}

let document: Document;
beforeAll(async () => {
  const response = await fetch(`${inject('url')}/openapi.json`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/json');
  document = (await response.json()) as Document;
});

const contracts: [string, Endpoint][] = Object.entries(endpoints).flatMap(([system, its]) =>
  Object.entries<Endpoint>(its).map(([name, endpoint]): [string, Endpoint] => [
    `${system}.${name}`,
    endpoint,
  ]),
);

const operations = () =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );

/** Every value of a document with where it is. */
function* everyValue(value: unknown, at = '#'): Generator<[string, unknown]> {
  yield [at, value];
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) yield* everyValue(inner, `${at}/${key}`);
}

test('is an OpenAPI 3.1 document', () => {
  expect(document.openapi).toMatch(/^3\.1\.\d+$/);
  expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
  expect(Object.keys(document.paths).every((path) => path.startsWith('/'))).toBe(true);
});

test('has every contract and nothing else', () => {
  expect(
    operations()
      .map(({ operation }) => operation.operationId)
      .sort(),
  ).toEqual(contracts.map(([id]) => id).sort());
});

describe('an operation tells its success, its problems, its token and its input', () => {
  test.each(contracts)('%s', (id, endpoint) => {
    const operation = document.paths[endpoint.path]?.[endpoint.method.toLowerCase()];
    expect(operation).toMatchObject({ operationId: id, summary: endpoint.summary });
    expect(Object.keys(operation?.responses ?? {})).toEqual(
      expect.arrayContaining([String(endpoint.status ?? 200), 'default']),
    );
    for (const response of Object.values(operation?.responses ?? {}))
      expect(response.description).toEqual(expect.any(String));
    const open = endpoint.roles === 'anyone';
    expect(operation?.security.some((scheme) => Object.keys(scheme).length === 0)).toBe(open);
    expect(operation?.requestBody === undefined).toBe(endpoint.body === undefined);
    const variables = [...endpoint.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const inPath = operation?.parameters.filter((parameter) => parameter.in === 'path') ?? [];
    expect(inPath.map(({ name }) => name)).toEqual(variables);
    expect(inPath.every(({ required }) => required)).toBe(true);
    const names = operation?.parameters.map((parameter) => `${parameter.in} ${parameter.name}`) ?? [];
    expect(new Set(names).size).toBe(names.length);
    for (const name of Object.keys(endpoint.query?.shape ?? {})) expect(names).toContain(`query ${name}`);
  });
});

test('every reference leads somewhere', () => {
  const references = [...everyValue(document)].filter(([at]) => at.endsWith('/$ref'));
  expect(references.length).toBeGreaterThan(0);
  for (const [at, reference] of references) {
    const target = String(reference)
      .split('/')
      .slice(1)
      .reduce<unknown>((value, step) => (value as Json | undefined)?.[step], document);
    expect(target, `${at} → ${reference}`).toBeTypeOf('object');
  }
});

test('every security scheme that is asked for is described', () => {
  for (const { operation } of operations())
    for (const name of operation.security.flatMap((scheme) => Object.keys(scheme)))
      expect(document.components.securitySchemes).toHaveProperty(name);
});

test('schemas use only types that JSON Schema has', () => {
  const types = ['string', 'number', 'integer', 'boolean', 'array', 'object', 'null'];
  const found = [...everyValue(document.components.schemas)].filter(
    ([at, value]) => at.endsWith('/type') && typeof value !== 'object',
  );
  expect(found.length).toBeGreaterThan(5);
  for (const [at, type] of found) expect(types, at).toContain(type);
});

test('a new patient needs the five fields that the API asks for, and no others', () => {
  const { required, properties } = document.components.schemas.NewPatient as {
    required: string[];
    properties: Json;
  };
  expect(required.toSorted()).toEqual(['date_of_birth', 'first_name', 'gender', 'last_name', 'phone']);
  expect(Object.keys(properties)).toEqual(
    expect.arrayContaining([...required, 'email', 'address', 'medical_history', 'allergies']),
  );
});

test('limits of batches, pages and calls are written down', () => {
  const create = document.paths['/api/v1/batch/patients']?.post as Operation & { description: string };
  const list = document.paths['/api/v1/patients']?.get as Operation;
  expect(create.requestBody?.content['application/json']?.schema).toMatchObject({
    minItems: 1,
    maxItems: 500,
  });
  expect(create.description).toContain('10 calls in 60 seconds');
  expect(list.parameters.find(({ name }) => name === 'limit')?.schema).toMatchObject({
    minimum: 1,
    default: 50,
    description: 'More than 500 counts as 500.',
  });
  expect(create.parameters.map(({ name }) => name)).toContain('Idempotency-Key');
});
