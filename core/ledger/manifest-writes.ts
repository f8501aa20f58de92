import type { Put } from '../dynamo/store.ts';
import type { Context } from './context.ts';
import type { ManifestItem } from './items.ts';

/**
 * The put of a manifest, or of a fence in its place, which never replaces one that is there. IAM cannot ask
 * for a condition: a function that may put into the table could also replace its items. So every write of a
 * manifest is made in this file, and the simulation fails if a request changes one in another way.
 */
export const newManifest = (context: Context, manifest: ManifestItem): Put => ({
  TableName: context.manifests(),
  Item: { ...manifest },
  ConditionExpression: 'attribute_not_exists(pk)',
});

/** The put that marks the manifest of an aborted transaction, which replaces nothing but this manifest. */
export const abortedManifest = (context: Pick<Context, 'manifests'>, manifest: ManifestItem): Put => ({
  TableName: context.manifests(),
  Item: { ...manifest, st: 'ABORTED' },
  ConditionExpression: 'n = :stamp',
  ExpressionAttributeValues: { ':stamp': manifest.n },
});
