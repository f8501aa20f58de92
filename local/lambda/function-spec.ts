import { devNull } from 'node:os';
import { join } from 'node:path';
import { CannotStart } from '../cannot-start.ts';
import { roleName } from '../template/resource-names.ts';
import type { Stack } from '../template/stack.ts';

/** A Lambda function of the template. */
export interface FunctionSpec {
  readonly logicalId: string;
  readonly name: string;
  /** The name of its role, which is the principal of its calls. */
  readonly role: string;
  /** The folder with its code. */
  readonly folder: string;
  /** The exported function, e.g. `handler`, and the module that exports it, without its suffix. */
  readonly handler: { readonly module: string; readonly exported: string };
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** The log group that its lines go to on AWS. */
  readonly logGroup: string;
  /** Upper limit of its environments, if the template reserves concurrency. */
  readonly reservedConcurrency?: number;
}

interface FunctionProperties {
  readonly Handler?: string;
  readonly Runtime?: string;
  readonly Role: string;
  readonly Code: { readonly S3Key?: string; readonly ZipFile?: string };
  readonly Environment?: { readonly Variables?: Record<string, unknown> };
  /** Seconds. */
  readonly Timeout?: number;
  readonly MemorySize?: number;
  readonly LoggingConfig?: { readonly LogGroup?: string };
  readonly ReservedConcurrentExecutions?: number;
}

/** Lambda's defaults. */
const defaults = { timeoutSeconds: 3, memoryMb: 128 };

/**
 * Reads the Lambda functions of a stack.
 *
 * @throws CannotStart at a function that is not Node.js code in an asset.
 */
export function functionSpecs(stack: Stack): FunctionSpec[] {
  return stack
    .resources<FunctionProperties>('AWS::Lambda::Function')
    .map(({ logicalId, name, properties }) => {
      const { Handler = '', Runtime = '', Code } = properties;
      if (!Runtime.startsWith('nodejs') || !Code.S3Key)
        throw new CannotStart(`${logicalId} is not a Node.js function with its code in an asset`);
      const dot = Handler.lastIndexOf('.');
      return {
        logicalId,
        name,
        role: roleName(properties.Role),
        folder: stack.assetFolder(Code.S3Key),
        handler: { module: Handler.slice(0, dot), exported: Handler.slice(dot + 1) },
        environment: Object.fromEntries(
          Object.entries(properties.Environment?.Variables ?? {}).map(([key, value]) => [key, String(value)]),
        ),
        timeoutMs: (properties.Timeout ?? defaults.timeoutSeconds) * 1_000,
        memoryMb: properties.MemorySize ?? defaults.memoryMb,
        logGroup: properties.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`,
        ...(properties.ReservedConcurrentExecutions === undefined
          ? {}
          : { reservedConcurrency: properties.ReservedConcurrentExecutions }),
      };
    });
}

/**
 * Environment variables of a function besides its own: Lambda's reserved ones, and those that direct the AWS
 * SDK to the local endpoint.
 */
export function runtimeEnvironment(spec: FunctionSpec, awsEndpoint: string): Record<string, string> {
  return {
    AWS_LAMBDA_FUNCTION_NAME: spec.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: spec.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    LAMBDA_TASK_ROOT: spec.folder,
    _HANDLER: `${spec.handler.module}.${spec.handler.exported}`,
    TZ: ':UTC',
    LANG: 'en_US.UTF-8',
    // The access key names the role: the local endpoint evaluates the policies of that role.
    AWS_ACCESS_KEY_ID: spec.role,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL: awsEndpoint,
    // The developer's own AWS profile must never be used.
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/** Possible files of a handler's module, in Lambda's order of precedence. */
export function moduleFiles({ folder, handler }: FunctionSpec): readonly [string, ...string[]] {
  const path = join(folder, handler.module);
  return [`${path}.js`, `${path}.mjs`, `${path}.cjs`];
}
