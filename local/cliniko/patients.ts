import { present } from '../../core/invariant.ts';

/** A patient in Cliniko's API, with the fields that are read here. */
export interface UpstreamPatient {
  id: string | number;
  first_name?: string | null;
  last_name?: string | null;
  email?: string | null;
  date_of_birth?: string | null;
  patient_phone_numbers?: { phone_type: string; number: string }[] | null;
  custom_fields?: null;
  notes?: string;
  created_at: string;
  updated_at: string;
  archived_at: string | null;
  merged_at?: string | null;
  merged_with_patient?: { links: { self: string } };
}

const firstNames = ['Ada', 'Grace', 'Alan', 'Mary', 'Linus', 'Barbara', 'Edsger', 'Radia', 'Ken', 'Hedy'];
const lastNames = [
  'Lovelace',
  'Hopper',
  'Turing',
  'Shelley',
  'Moyo',
  'Liskov',
  'Ngata',
  'Perlman',
  'Iyer',
  'Lamarr',
];

/** Names that some programs break: decomposed accents, four-byte characters, right-to-left, very long. */
const hardNames = ['Zoe\u0308', '\u{1F9D1}\u200D\u{1F680} Neil', 'مريم', '\u{20BB7}野', 'x'.repeat(1_000)];

/** Cliniko's newer ids have 19 digits, more than a JavaScript number can hold exactly. */
const firstId = 1_764_028_746_571_981_724n;

/** Creation of the first patient, in milliseconds since the Unix epoch. */
const firstCreatedAtMs = Date.UTC(2015, 0, 5);
const hourMs = 3_600_000;

/** A time in Cliniko's format: RFC 3339 in whole seconds, UTC. */
export const clinikoInstant = (milliseconds: number): string =>
  new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, 'Z');

const pick = (list: readonly string[], random: () => number): string =>
  present(list[Math.floor(random() * list.length)], 'random() is below 1');

export interface Traits {
  /** Every third first name is a hard one (see above), and notes are long. */
  unicode: boolean;
  /** Some fields are null, empty or missing. */
  sparse: boolean;
  /** Ids are JSON numbers. */
  numericIds: boolean;
}

/** The patient at a position of an account; the same seed gives the same patient. */
export function upstreamPatient(position: number, random: () => number, traits: Traits): UpstreamPatient {
  const id = String(firstId + BigInt(position) * 1_009n);
  const at = clinikoInstant(firstCreatedAtMs + position * hourMs);
  const first_name =
    traits.unicode && position % 3 === 0 ? pick(hardNames, random) : pick(firstNames, random);
  const last_name = `${pick(lastNames, random)} ${position}`;
  const patient: UpstreamPatient = {
    id,
    first_name,
    last_name,
    email: `patient.${position}@example.com`,
    date_of_birth: `${1930 + Math.floor(random() * 90)}-0${1 + Math.floor(random() * 9)}-15`,
    patient_phone_numbers: [
      { phone_type: 'Mobile', number: `614${String(10_000_000 + position).slice(-8)}` },
    ],
    custom_fields: null,
    notes: traits.unicode ? 'n'.repeat(1_000) : '',
    created_at: at,
    updated_at: at,
    archived_at: null,
  };
  if (!traits.sparse) return patient;
  const { email: _email, patient_phone_numbers: _phones, date_of_birth: _birth, ...without } = patient;
  const variants: UpstreamPatient[] = [
    { ...patient, first_name: null, patient_phone_numbers: null },
    { ...patient, last_name: '', date_of_birth: '', email: '' },
    without,
    patient,
  ];
  return present(variants[position % variants.length], 'the index is below the length');
}

/** A phone number beside a note, longer than the number that Cliniko makes of it. */
const notedPhone = {
  phone_type: 'Mobile',
  number: '0412 345 678 (his wife answers before six in the evening)',
  normalized_number: '61412345678',
};

/** Fields as people fill them in, or as programs damage them; none makes a patient unknown. */
const oddities: readonly Readonly<Record<string, unknown>>[] = [
  { first_name: 'Ada\u0000\u0007' },
  { first_name: 'x'.repeat(3_000) },
  { patient_phone_numbers: [notedPhone] },
  { email: 'n/a' },
  { date_of_birth: '15/03/1985' },
  { first_name: 5, patient_phone_numbers: [{ phone_type: 'Mobile', number: 61412345678 }] },
  { first_name: 'Zo\ud800' },
  { patient_phone_numbers: 'none', archived_at: '' },
  { email: { address: 'ada@example.com' } },
  {},
];

/** The row at a position of a page with one of the odd fields. */
export const oddRow = <T extends object>(row: T, position: number): T => ({
  ...row,
  ...oddities[position % oddities.length],
});
