import type { Endpoint } from '../../core/contract/endpoint.ts';
import { fastApi } from '../../core/fastapi/fast-api.ts';
import { endpoints } from '../../functions/index.ts';
import { patientSpelling } from '../../functions/patients/errors.ts';

/** Every contract with its name, so that a test over them covers new endpoints by itself. */
export const contracts: [string, Endpoint][] = Object.entries(endpoints).flatMap(([system, its]) =>
  Object.entries<Endpoint>(its).map(([name, endpoint]): [string, Endpoint] => [
    `${system}.${name}`,
    endpoint,
  ]),
);

/** The status of an input that an endpoint does not understand. */
export const refusalStatus = ({ errors }: Endpoint): number =>
  [fastApi, patientSpelling].includes(errors) ? 422 : 400;

/** The path with an id that nothing has in place of each parameter. */
export const somePath = ({ path }: Endpoint): string => path.replace(/\{\w+\}/g, crypto.randomUUID());
