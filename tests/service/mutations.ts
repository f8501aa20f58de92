import { fc } from '../properties.ts';

/** Values that people and programs send by mistake, and that JSON, tables or queues treat in a way of their own. */
const wild: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom<unknown>(
    ...[null, true, false, '', ' ', 'True', 'NULL', 'n/a', [], {}, [[]], [null], -0, -1, 0.1, 1e21, 1e-200],
    ...[2 ** 53, -(2 ** 53), 'a\u0000b', '\ud800', '\ufffe', '\u202eabc\u202c', '  padded  ', 'Jose\u0301'],
    ...['two\nlines', '=1+1', '{{name', '{{name}}', '+255 712 345 678', 'a&b@example.com', '2025-02-30'],
    ...['x'.repeat(300), 'é'.repeat(3_000), '9'.repeat(400), JSON.parse('{"constructor":1}')],
  ),
);

type Place = (string | number)[];

/** All places inside a JSON value, but its own. */
const placesIn = (value: unknown): Place[] =>
  typeof value !== 'object' || value === null
    ? []
    : Object.entries(value).flatMap(([key, inner]) => {
        const own = Array.isArray(value) ? Number(key) : key;
        return [[own], ...placesIn(inner).map((rest) => [own, ...rest])];
      });

type Holder = Record<string | number, unknown>;

const holderOf = (body: unknown, place: Place): Holder =>
  place.slice(0, -1).reduce<Holder>((holder, key) => holder[key] as Holder, body as Holder);

/** One change of a body. */
interface Mutation {
  kind: 'replace' | 'remove' | 'add' | 'repeat';
  at: number;
  value: unknown;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'add', 'repeat'),
  at: fc.nat(),
  value: wild,
});

/** One or two changes of a valid body; without any it stays valid. */
export const mutations = fc.array(mutation, { minLength: 0, maxLength: 2 });

/** A body with these changes. */
export function mutated(valid: unknown, changes: Mutation[]): unknown {
  const body = structuredClone(valid);
  for (const { kind, at, value } of changes) {
    const places = placesIn(body);
    const place = places[at % places.length];
    if (!place) continue;
    const holder = holderOf(body, place);
    const key = place.at(-1) ?? 0;
    if (kind === 'replace') holder[key] = value;
    else if (kind === 'add' && !Array.isArray(holder)) holder.unknown_field = value;
    else if (kind === 'repeat' && Array.isArray(holder)) holder.push(holder[Number(key)]);
    else if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete holder[key];
  }
  return body;
}
