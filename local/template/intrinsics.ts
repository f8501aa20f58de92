import { CannotStart } from '../cannot-start.ts';
import type { RawTemplate } from './assembly-file.ts';

/** Values of references to other resources of the template. */
export interface References {
  ref(logicalId: string): unknown;
  attribute(logicalId: string, attribute: string): unknown;
}

/** CloudFormation's pseudo parameters (`AWS::Region` and so on). */
export type PseudoParameters = Readonly<Record<string, unknown>>;

/** Evaluates the intrinsic functions of one template. */
export interface Intrinsics {
  /** A copy of the value with every intrinsic function replaced by its result. */
  resolve(value: unknown): unknown;
  /** True if the named condition of the template holds. */
  holds(condition: string): boolean;
}

/** `AWS::NoValue`: the property or list entry is omitted. */
const nothing = Symbol('AWS::NoValue');

/**
 * Evaluates the intrinsic functions of CloudFormation that CDK writes.
 *
 * @throws CannotStart from its methods, at an unknown function, parameter, mapping or condition.
 */
export function intrinsics(
  template: RawTemplate,
  pseudoParameters: PseudoParameters,
  references: References,
): Intrinsics {
  const functions: Record<string, (argument: unknown) => unknown> = {
    Ref: (id) => reference(String(id)),
    'Fn::GetAtt': (path) => {
      const [id = '', ...attribute] = Array.isArray(path) ? path.map(String) : String(path).split('.');
      return references.attribute(id, attribute.join('.'));
    },
    'Fn::Join': (argument) => {
      const [separator, parts] = asList(argument);
      return asList(resolve(parts)).map(String).join(String(separator));
    },
    'Fn::Sub': (argument) => {
      const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
      return substitute(String(text), resolve(variables) as Record<string, unknown>);
    },
    'Fn::Select': (argument) => {
      const [index, values] = asList(argument);
      return asList(resolve(values))[Number(resolve(index))];
    },
    'Fn::Split': (argument) => {
      const [separator, text] = asList(argument);
      return String(resolve(text)).split(String(separator));
    },
    'Fn::If': (argument) => {
      const [condition, yes, no] = asList(argument);
      return resolveOrNothing(holds(String(condition)) ? yes : no);
    },
    'Fn::Equals': (argument) => {
      const [left, right] = asList(resolve(argument));
      return left === right;
    },
    'Fn::And': (argument) => asList(argument).every((part) => resolve(part) === true),
    'Fn::Or': (argument) => asList(argument).some((part) => resolve(part) === true),
    'Fn::Not': (argument) => resolve(asList(argument)[0]) !== true,
    'Fn::FindInMap': (argument) => {
      const [map, first, second] = asList(resolve(argument));
      const found = template.Mappings?.[String(map)]?.[String(first)]?.[String(second)];
      if (found === undefined) throw new CannotStart(`The template has no mapping ${map}.${first}.${second}`);
      return found;
    },
    'Fn::ImportValue': (name) => `imported-${String(resolve(name))}`,
    'Fn::Base64': (text) => Buffer.from(String(resolve(text))).toString('base64'),
    'Fn::GetAZs': () => ['us-east-1a', 'us-east-1b', 'us-east-1c'],
    Condition: (name) => holds(String(name)),
  };

  function reference(id: string): unknown {
    if (id === 'AWS::NoValue') return nothing;
    if (id in pseudoParameters) return pseudoParameters[id];
    const parameter = template.Parameters?.[id];
    if (!parameter) return references.ref(id);
    if (parameter.Default === undefined)
      throw new CannotStart(`The template's parameter ${id} has no default value`);
    return parameter.Default;
  }

  function substitute(text: string, variables: Record<string, unknown>): string {
    return text.replace(/\$\{(!?)([^{}]+)\}/g, (whole, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (name in variables) return String(variables[name]);
      const [id = '', ...attribute] = name.trim().split('.');
      if (!id) return whole;
      return String(attribute.length > 0 ? references.attribute(id, attribute.join('.')) : reference(id));
    });
  }

  function holds(name: string): boolean {
    const condition = template.Conditions?.[name];
    if (condition === undefined) throw new CannotStart(`The template has no condition ${name}`);
    return resolve(condition) === true;
  }

  function resolveOrNothing(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(resolveOrNothing).filter((entry) => entry !== nothing);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const [first] = entries;
    if (first && entries.length === 1 && isFunction(first[0], first[1])) return call(first[0], first[1]);
    return Object.fromEntries(
      entries.map(([key, entry]) => [key, resolveOrNothing(entry)]).filter(([, entry]) => entry !== nothing),
    );
  }

  function call(name: string, argument: unknown): unknown {
    const implementation = functions[name];
    if (!implementation) throw new CannotStart(`The template uses ${name}, which a local run does not know`);
    return implementation(argument);
  }

  const resolve = (value: unknown): unknown => {
    const resolved = resolveOrNothing(value);
    return resolved === nothing ? undefined : resolved;
  };
  return { resolve, holds };
}

/**
 * True if the key is an intrinsic function. `Condition` is one only with a name as its argument, because a
 * policy statement has a `Condition` of its own.
 */
const isFunction = (key: string, argument: unknown): boolean =>
  key === 'Ref' || key.startsWith('Fn::') || (key === 'Condition' && typeof argument === 'string');

const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);
