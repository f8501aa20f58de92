import * as z from 'zod';
import { invariant } from './invariant.ts';

/** The name of `NewerVersion`, by which workflows recognise it. */
export const newerVersion = 'NewerVersion';

/**
 * A message, a step of a workflow or an item that newer code wrote. It is refused before any of it is
 * guessed, and left as it is: the code that wrote it goes on with it.
 */
class NewerVersion extends Error {
  override readonly name = newerVersion;
}

type Fields = Record<string, unknown>;

/** A shape that one version of the code writes and another one reads. */
export interface Shape {
  /** Names it in errors, such as `chunk of a batch`. */
  kind: string;
  /** The version that this code writes; 1 by default. */
  newest?: number;
  /** Makes the newest version of the one before. Absent in version 1. */
  upgrade?: (before: Fields) => Fields;
}

/** Of items the field is short, since DynamoDB bills it; what has none is of version 1. */
type VersionField = 'v' | 'version';

/**
 * The version of a value.
 *
 * @throws NewerVersion for a version above `newest`, which this code does not know yet.
 * @throws BrokenInvariant for one below `oldest`, which it does not know any more, and for no version at all.
 */
export function readableVersion(
  value: Partial<Record<VersionField, unknown>>,
  field: VersionField,
  { kind, newest, oldest }: { kind: string; newest: number; oldest: number },
): number {
  const { [field]: version = 1 } = value;
  invariant(
    typeof version === 'number' && Number.isInteger(version) && version >= 1,
    `the version of a ${kind} is a number from 1`,
  );
  if (version > newest)
    throw new NewerVersion(`a ${kind} has version ${version}, and this code reads versions up to ${newest}`);
  invariant(version >= oldest, `a ${kind} has version ${version}, which is no longer read`);
  return version;
}

/** A value in the newest version of its shape: as it is, or upgraded from the version before. */
function inNewestVersion(value: Fields, field: VersionField, { kind, newest = 1, upgrade }: Shape): Fields {
  const version = readableVersion(value, field, { kind, newest, oldest: upgrade ? newest - 1 : newest });
  return version === newest || !upgrade ? value : { ...upgrade(value), [field]: newest };
}

/** The schema of such a shape; `schema` describes its newest version. */
export const versioned = <S extends z.ZodType>(field: VersionField, shape: Shape, schema: S) =>
  z.preprocess(
    (value) =>
      typeof value === 'object' && value !== null ? inNewestVersion(value as Fields, field, shape) : value,
    schema,
  );

/**
 * The schema of a message on a queue, or to a step of a workflow. Messages wait across deployments, also
 * those in dead-letter queues, so older and newer code must read each other's: unknown fields are ignored,
 * and a new field is optional. Any other change takes the next version, which older code refuses, so that
 * the message is delivered again.
 */
export const message = <S extends z.ZodType>(kind: string, schema: S, past: Omit<Shape, 'kind'> = {}) =>
  versioned('version', { kind, ...past }, schema);
