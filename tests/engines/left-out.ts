import { installation } from '../../local/dynamodb/dynamodb-local.ts';

/** Says before the tests, in one line, that those of the second engine cannot run here. */
export default function setup(): void {
  const { missing } = installation();
  if (missing) console.warn(`The tests on DynamoDB Local are left out. ${missing}`);
}
