import { recordKey } from '../../../core/ledger/items.ts';
import type { Patient } from '../../../functions/patients/patient.ts';

/** The item that the ledger would write for a patient, so that baselines carry the same bytes and feed the same index. */
export const recordOf = (patient: Patient) => ({
  ...keyOf(patient),
  ix: patient.id,
  d: patient,
  tx: 1,
  c: 1,
  ver: 1,
});

export const keyOf = ({ tenant_id, id }: Patient) => recordKey(tenant_id, id);

/** A change of the same two fields as the ledger's batch, without anything of its protocol. */
export const changeOf = (table: string, patient: Patient, phone: string, at: string) => ({
  TableName: table,
  Key: keyOf(patient),
  UpdateExpression: 'SET d.#phone = :phone, d.#at = :at',
  ConditionExpression: 'attribute_exists(pk)',
  ExpressionAttributeNames: { '#phone': 'phone', '#at': 'updated_at' },
  ExpressionAttributeValues: { ':phone': phone, ':at': at },
});
