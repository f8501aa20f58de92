import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CannotStart, reasonOf } from '../cannot-start.ts';

/** A resource of a CloudFormation template; its properties still contain intrinsic functions. */
export interface RawResource {
  readonly Type: string;
  readonly Properties?: Record<string, unknown>;
  readonly Condition?: string;
}

/** The parts of a CloudFormation template that a local run reads. */
export interface RawTemplate {
  readonly Resources: Record<string, RawResource>;
  readonly Parameters?: Record<string, { readonly Type: string; readonly Default?: unknown }>;
  readonly Mappings?: Record<string, Record<string, Record<string, unknown>>>;
  readonly Conditions?: Record<string, unknown>;
}

/** The content of a folder written by `cdk synth`: one stack and the folders of its assets. */
export interface Assembly {
  readonly stackName: string;
  readonly template: RawTemplate;
  /** The folder of each asset, by its object key in the template (`<hash>.zip`). */
  readonly assetFolders: ReadonlyMap<string, string>;
}

interface Manifest {
  readonly artifacts?: Record<string, Artifact>;
}
interface Artifact {
  readonly type: string;
  readonly properties?: {
    readonly templateFile?: string;
    readonly file?: string;
    readonly stackName?: string;
  };
}
interface AssetManifest {
  readonly files: Record<
    string,
    { source: { path: string }; destinations: Record<string, { objectKey: string }> }
  >;
}

/**
 * Reads the output folder of `cdk synth`.
 *
 * @throws CannotStart if it is no such folder, cannot be parsed, or does not contain exactly one stack.
 */
export function readAssembly(folder: string): Assembly {
  const artifacts = Object.entries(readJson<Manifest>(join(folder, 'manifest.json')).artifacts ?? {});
  const stacks = artifacts.filter(([, artifact]) => artifact.type === 'aws:cloudformation:stack');
  const [stack] = stacks;
  if (!stack || stacks.length > 1)
    throw new CannotStart(`${folder} holds ${stacks.length} stacks; a local run needs exactly one`);
  const [id, { properties }] = stack;
  const template = readJson<RawTemplate>(join(folder, properties?.templateFile ?? `${id}.template.json`));
  if (typeof template.Resources !== 'object' || template.Resources === null)
    throw new CannotStart(`The template of ${id} in ${folder} has no Resources`);
  return { stackName: properties?.stackName ?? id, template, assetFolders: assetFolders(folder, artifacts) };
}

function assetFolders(folder: string, artifacts: [string, Artifact][]): ReadonlyMap<string, string> {
  const folders = new Map<string, string>();
  for (const [, { type, properties }] of artifacts) {
    if (type !== 'cdk:asset-manifest' || !properties?.file) continue;
    const { files } = readJson<AssetManifest>(join(folder, properties.file));
    for (const { source, destinations } of Object.values(files))
      for (const { objectKey } of Object.values(destinations))
        folders.set(objectKey, join(folder, source.path));
  }
  return folders;
}

function readJson<T>(file: string): T {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch (cause) {
    throw new CannotStart(`Cannot read ${file}: ${reasonOf(cause)}`, { cause });
  }
}
