export { projectAssembly as assembly, root } from '../local/project.ts';
