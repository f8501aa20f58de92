import { RemovalPolicy } from 'aws-cdk-lib';
import type { Settings } from './settings.ts';

/**
 * The removal policy of what a stage keeps: it outlives the stack and its own replacement where data is kept,
 * but not the rollback of its creation, after which nothing is in it. Nothing that is kept may have a fixed
 * name, which would be taken when a stack of the same name is created again.
 */
export const keptWhereDataIs = ({ keepData }: Pick<Settings, 'keepData'>): RemovalPolicy =>
  keepData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
