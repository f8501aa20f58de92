import { isDeepStrictEqual } from 'node:util';
import type { Item } from '../../../core/dynamo/store.ts';

/** DynamoDB's expressions, as far as the protocol uses them, on items in JavaScript's own types. */

type Names = Record<string, string> | undefined;
type Values = Record<string, unknown> | undefined;
type Operand = (item: Item | undefined, names: Names, values: Values) => unknown;
type Test = (item: Item | undefined, names: Names, values: Values) => boolean;
type Path = (names: Names) => string[];
type Edit = (before: Item, after: Item, names: Names, values: Values) => Item;

const tokensOf = (text: string): string[] => text.match(/[#:]?\w+|<>|<=|>=|[=<>(),.+-]/g) ?? [];

const read = (item: Item | undefined, path: string[]): unknown =>
  path.reduce<unknown>((value, name) => (value as Item | undefined)?.[name], item);

/** A copy of the item with one path changed; the rest is shared. */
function written(item: Item, [name, ...rest]: string[], value: unknown): Item {
  if (name === undefined) throw new Error('Empty path');
  if (rest.length > 0) {
    const inner = item[name];
    if (typeof inner !== 'object')
      throw new Error(`ValidationException: the document path ${name} is not there`);
    return { ...item, [name]: written(inner as Item, rest, value) };
  }
  const copy = { ...item };
  if (value === undefined) delete copy[name];
  else copy[name] = value;
  return copy;
}

const compare: Record<string, (left: never, right: never) => boolean> = {
  '=': (left, right) => left !== undefined && isDeepStrictEqual(left, right),
  '<>': (left, right) => !isDeepStrictEqual(left, right),
  '<': (left, right) => left !== undefined && left < right,
  '<=': (left, right) => left !== undefined && left <= right,
  '>': (left, right) => left !== undefined && left > right,
  '>=': (left, right) => left !== undefined && left >= right,
};

function parser(text: string) {
  const tokens = tokensOf(text);
  let place = 0;
  const peek = () => tokens[place];
  const take = (expected?: string): string => {
    const token = tokens[place++];
    if (token === undefined || (expected !== undefined && token !== expected))
      throw new Error(`ValidationException: ${expected ?? 'more'} expected in: ${text}`);
    return token;
  };
  const path = (): Path => {
    const parts = [take()];
    while (peek() === '.') {
      take();
      parts.push(take());
    }
    return (names) =>
      parts.map((part) => {
        if (!part.startsWith('#')) return part;
        const name = names?.[part];
        if (name === undefined) throw new Error(`ValidationException: ${part} is not defined`);
        return name;
      });
  };
  const operand = (): Operand => {
    const token = peek();
    if (token?.startsWith(':')) {
      take();
      return (_item, _names, values) => {
        if (values?.[token] === undefined) throw new Error(`ValidationException: ${token} is not defined`);
        return values[token];
      };
    }
    if (token === 'size') {
      take();
      take('(');
      const inner = path();
      take(')');
      return (item, names) => {
        const value = read(item, inner(names));
        return value === undefined ? undefined : Object.keys(value as Item).length;
      };
    }
    const inner = path();
    return (item, names) => read(item, inner(names));
  };
  const primary = (): Test => {
    const token = peek();
    if (token === '(') {
      take();
      const inner = either();
      take(')');
      return inner;
    }
    if (token === 'attribute_exists' || token === 'attribute_not_exists') {
      take();
      take('(');
      const inner = path();
      take(')');
      const wanted = token === 'attribute_exists';
      return (item, names) => (read(item, inner(names)) !== undefined) === wanted;
    }
    if (token === 'contains') {
      take();
      take('(');
      const whole = operand();
      take(',');
      const part = operand();
      take(')');
      return (item, names, values) =>
        ((whole(item, names, values) ?? '') as string).includes(part(item, names, values) as string);
    }
    const left = operand();
    const sign = take();
    if (sign === 'IN') {
      take('(');
      const options = [operand()];
      while (peek() === ',') {
        take();
        options.push(operand());
      }
      take(')');
      if (options.length > 100) throw new Error('ValidationException: IN takes 100 values');
      return (item, names, values) =>
        options.some((option) => left(item, names, values) === option(item, names, values));
    }
    const right = operand();
    const holds = compare[sign];
    if (!holds) throw new Error(`ValidationException: ${sign} in: ${text}`);
    return (item, names, values) =>
      holds(left(item, names, values) as never, right(item, names, values) as never);
  };
  const negated = (): Test => {
    if (peek() !== 'NOT') return primary();
    take();
    const inner = negated();
    return (item, names, values) => !inner(item, names, values);
  };
  const both = (): Test => {
    const tests = [negated()];
    while (peek() === 'AND') {
      take();
      tests.push(negated());
    }
    return (item, names, values) => tests.every((test) => test(item, names, values));
  };
  const either = (): Test => {
    const tests = [both()];
    while (peek() === 'OR') {
      take();
      tests.push(both());
    }
    return (item, names, values) => tests.some((test) => test(item, names, values));
  };
  const edits = (): Edit[] => {
    const list: Edit[] = [];
    let section = take();
    // Ends with the last token.
    for (;;) {
      const target = path();
      if (section === 'SET') {
        take('=');
        const first = operand();
        const second = peek() === '+' && take() ? operand() : undefined;
        list.push((before, after, names, values) => {
          const sum =
            second && (first(before, names, values) as number) + (second(before, names, values) as number);
          return written(after, target(names), second ? sum : first(before, names, values));
        });
      } else if (section === 'ADD') {
        const amount = operand();
        list.push((before, after, names, values) => {
          const old = (read(before, target(names)) ?? 0) as number;
          return written(after, target(names), old + (amount(before, names, values) as number));
        });
      } else list.push((_before, after, names) => written(after, target(names), undefined));
      const token = peek();
      if (token === undefined) return list;
      if (token === ',') take();
      else section = take();
    }
  };
  return { either, edits };
}

const tests = new Map<string, Test>();
const updates = new Map<string, Edit[]>();

/** True if a condition or filter holds; an absent expression holds. */
export function holds(
  expression: string | undefined,
  item: Item | undefined,
  names: Names,
  values: Values,
): boolean {
  if (expression === undefined) return true;
  const test = tests.get(expression) ?? parser(expression).either();
  tests.set(expression, test);
  return test(item, names, values);
}

/** The item after an update expression. */
export function updated(expression: string, item: Item, names: Names, values: Values): Item {
  const edits = updates.get(expression) ?? parser(expression).edits();
  updates.set(expression, edits);
  return edits.reduce((after, edit) => edit(item, after, names, values), item);
}
