import { account, region } from '../account.ts';
import { CannotStart } from '../cannot-start.ts';
import type { Assembly, RawResource } from './assembly-file.ts';
import { intrinsics } from './intrinsics.ts';
import { attributeOf, type NamingContext, nameProperty, physicalName, refOf } from './resource-names.ts';
import { runLocally, withoutLocalMeaning } from './resource-types.ts';

/**
 * A resource with resolved properties. `Properties` names those that the caller reads; they are not
 * validated.
 */
export interface Resource<Properties> {
  readonly logicalId: string;
  /** The physical name at run time, e.g. a table's or a role's. */
  readonly name: string;
  readonly properties: Properties;
}

/** A template whose references are resolved for this run. */
export interface Stack {
  readonly stackName: string;
  /** The resources of these types in the template's order, except those whose condition is false. */
  resources<Properties>(...types: string[]): Resource<Properties>[];
  /** Result of `Ref` for a resource, or of `Fn::GetAtt` if an attribute is named. */
  valueOf(logicalId: string, attribute?: string): unknown;
  /** The folder of an asset, by its object key (`<hash>.zip`). */
  assetFolder(objectKey: string): string;
}

/**
 * Resolves a template for a run whose AWS endpoint is known.
 *
 * @throws CannotStart naming the first resource of an unknown type. The methods of the stack throw it for a
 * value that cannot be resolved.
 */
export function resolveStack({ stackName, template, assetFolders }: Assembly, awsEndpoint: string): Stack {
  const context: NamingContext = { stackName, awsEndpoint };
  const pseudoParameters = {
    'AWS::Region': region,
    'AWS::AccountId': account,
    'AWS::Partition': 'aws',
    'AWS::StackName': stackName,
    'AWS::StackId': `arn:aws:cloudformation:${region}:${account}:stack/${stackName}/local`,
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::NotificationARNs': [],
  };
  const { resolve, holds } = intrinsics(template, pseudoParameters, {
    ref: (id) => refOf(find(id).Type, nameOf(id), context),
    attribute: (id, attribute) => attributeOf(find(id).Type, nameOf(id), attribute, context),
  });

  function find(id: string): RawResource {
    const resource = template.Resources[id];
    if (!resource) throw new CannotStart(`The template refers to ${id}, which it does not hold`);
    return resource;
  }

  function nameOf(id: string): string {
    const { Type, Properties } = find(id);
    const property = nameProperty(Type);
    return physicalName(Type, id, property && resolve(Properties?.[property]), context);
  }

  for (const [id, { Type }] of Object.entries(template.Resources))
    if (!runLocally.has(Type) && !withoutLocalMeaning.has(Type))
      throw new CannotStart(`${id} is a ${Type}, which a local run neither runs nor knows as ignorable`);

  const exists = ({ Condition }: RawResource): boolean => Condition === undefined || holds(Condition);

  return {
    stackName,
    resources: <Properties>(...types: string[]) =>
      Object.entries(template.Resources)
        .filter(([, resource]) => types.includes(resource.Type) && exists(resource))
        .map(([logicalId, resource]) => ({
          logicalId,
          name: nameOf(logicalId),
          properties: resolve(resource.Properties ?? {}) as Properties,
        })),
    valueOf: (logicalId, attribute) =>
      resolve(attribute ? { 'Fn::GetAtt': [logicalId, attribute] } : { Ref: logicalId }),
    assetFolder(objectKey) {
      const folder = assetFolders.get(objectKey);
      if (!folder) throw new CannotStart(`The assembly has no asset ${objectKey}`);
      return folder;
    },
  };
}
