/** `npm run readme`: writes the table of endpoints into README.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { surface } from '../core/contract/surface.ts';
import { endpoints } from '../functions/index.ts';

const file = join(import.meta.dirname, '..', 'README.md');
const table = /(?<=<!-- endpoints -->\n)[\s\S]*(?=\n<!-- \/endpoints -->)/;
writeFileSync(file, readFileSync(file, 'utf8').replace(table, surface(endpoints)));
