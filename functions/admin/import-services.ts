import { serve } from '../../core/serve.ts';
import { admin } from './api.ts';
import { importRecords } from './import.ts';
import { services } from './service.ts';

export const handler = serve(admin.importServices, ({ body, caller }) =>
  importRecords(services, caller, body),
);
