import { serve } from '../../core/http/serve.ts';
import { admin } from './api.ts';
import { importRecords } from './records/import.ts';
import { services } from './records/service.ts';

export const handler = serve(admin.importServices, ({ body, caller }) =>
  importRecords(services, caller, body),
);
