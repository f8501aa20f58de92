import { openApiDocument } from '../../core/openapi.ts';
import { serve } from '../../core/serve.ts';
import { endpoints } from '../index.ts';
import { ops } from './api.ts';

export const handler = serve(ops.openapi, () => openApiDocument(endpoints));
