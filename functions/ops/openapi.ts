import { openApiDocument } from '../../core/contract/openapi.ts';
import { serve } from '../../core/http/serve.ts';
import { stageUrl } from '../../core/http/stage-url.ts';
import { endpoints } from '../index.ts';
import { ops } from './api.ts';

export const handler = serve(ops.openapi, ({ event }) => openApiDocument(endpoints, stageUrl(event)));
