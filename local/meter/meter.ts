import type { AwsAnswer, AwsService } from '../services/service.ts';
import { operationIn, operationOf } from '../services/service.ts';
import { type MeteredRequest, type TableUnits, unitsOfRequest } from './capacity.ts';

/** Units of one table, its indexes included, by the table's physical name. */
type UnitsByTable = Readonly<Record<string, Readonly<TableUnits>>>;

/** What the functions of a run have consumed of AWS so far. */
export interface Consumption {
  readonly units: UnitsByTable;
  /** Requests by service and operation, e.g. `sqs SendMessage`; those of DynamoDB are in `units`. */
  readonly requests: Readonly<Record<string, number>>;
}

/** Counts what the functions of a run consume of AWS. */
export interface Meter {
  consumed(): Consumption;
  /** Takes note of a request to DynamoDB and its answer, which holds the consumed capacity by index. */
  noteUnits(target: string, request: MeteredRequest, answer: AwsAnswer): void;
  /** The services, each of which counts its requests before it answers; DynamoDB is left as it is. */
  counting(services: ReadonlyMap<string, AwsService>): ReadonlyMap<string, AwsService>;
}

export function makeMeter(): Meter {
  const units: Record<string, TableUnits> = {};
  const requests: Record<string, number> = {};
  return {
    consumed: () => structuredClone({ units, requests }),
    noteUnits(target, request, { status, body }) {
      for (const used of unitsOfRequest(operationIn(target), request, status, String(body))) {
        const table = units[used.table] ?? { read: 0, write: 0, indexWrite: 0 };
        units[used.table] = {
          read: table.read + used.read,
          write: table.write + used.write,
          indexWrite: table.indexWrite + used.indexWrite,
        };
      }
    },
    counting: (services) =>
      new Map(
        [...services].map(([name, serve]): [string, AwsService] => [
          name,
          name === 'dynamodb'
            ? serve
            : (request) => {
                const named = operationOf(request) || `${request.method} ${formAction(String(request.body))}`;
                const key = `${name} ${named.trim()}`;
                requests[key] = (requests[key] ?? 0) + 1;
                return serve(request);
              },
        ]),
      ),
  };
}

/** The action that a form of AWS's query protocol names, as SNS uses it; empty in other bodies. */
const formAction = (body: string): string => /^Action=(\w+)|&Action=(\w+)/.exec(body)?.[1] ?? '';
