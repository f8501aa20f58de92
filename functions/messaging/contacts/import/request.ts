import * as z from 'zod';
import { formFile } from '../../../../core/contract/form-file.ts';
import { parseJson } from '../../../../core/http/json.ts';

/** Contacts of one import. */
export const importContactsMax = 1_000;

export const tooManyContacts = `Maximum ${importContactsMax} contacts per request`;

const importType = z.enum(['csv', 'excel', 'phone_contacts']);

const PhoneContact = z
  .record(z.string(), z.unknown())
  .describe(
    '`full_name`, `phone`, `email`, `tags`, in any usual spelling and in the shapes of phone pickers, or a contact as this API answers it; other fields become attributes.',
  );
const phoneContacts = z
  .array(PhoneContact)
  .min(1, { error: 'contacts must not be empty' })
  .max(importContactsMax, { error: tooManyContacts });

const fileExpected = 'file must be sent as multipart/form-data, or as base64';

/** A file inside JSON. */
const base64File = z
  .base64({ error: fileExpected })
  .min(1, { error: fileExpected })
  .transform((text) => Buffer.from(text, 'base64'));

/** An import, from JSON or from a form. */
export interface ImportRequest {
  import_type: z.output<typeof importType>;
  csv_data?: string | undefined;
  file?: Buffer | undefined;
  contacts?: z.output<typeof phoneContacts> | undefined;
  skip_duplicates: boolean;
  update_existing: boolean;
}

/** What cannot be stored in it is told by row. */
const csvText = z.string().min(1).optional().describe('For `csv`, instead of a file.');

/** Body of an import as JSON. */
export const ImportJson = z.strictObject({
  import_type: importType,
  csv_data: csvText,
  file: base64File.optional().describe('For `csv` and `excel`: a file in base64.'),
  contacts: phoneContacts.optional().describe('For `phone_contacts`.'),
  skip_duplicates: z.boolean().default(true),
  update_existing: z.boolean().default(false),
});

const yesTexts = ['true', '1', 'on', 'yes'];
const noTexts = ['false', '0', 'off', 'no'];

/** A boolean as a text field of a form, in the spellings of browsers and languages. */
const flag = (otherwise: boolean) =>
  z
    .string()
    .max(20)
    .transform((text) => text.trim().toLowerCase())
    .pipe(z.enum([...yesTexts, ...noTexts], { error: 'must be true or false' }))
    .optional()
    .transform((text) => (text === undefined ? otherwise : yesTexts.includes(text)));

const jsonText = z.string().transform((text, context): unknown => {
  try {
    const { value, issues } = parseJson(text);
    for (const { issue } of issues)
      context.addIssue({ code: 'custom', path: issue.path, message: issue.message });
    return value;
  } catch {
    context.addIssue({ code: 'custom', message: 'contacts must be JSON' });
    return z.NEVER;
  }
});

/** Body of an import as multipart/form-data. */
export const ImportForm = z.strictObject({
  import_type: importType,
  csv_data: csvText,
  file: formFile.transform(({ bytes }) => bytes).optional(),
  contacts: jsonText.pipe(phoneContacts).optional().describe('For `phone_contacts`, as JSON.'),
  skip_duplicates: flag(true),
  update_existing: flag(false),
});
