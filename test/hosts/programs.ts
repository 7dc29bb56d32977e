import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Copies programs of this folder into a project, so that they import what is installed there. */
export function copyPrograms(name: string, project: string): void {
  cpSync(fileURLToPath(new URL(`programs/${name}`, import.meta.url)), join(project, name), {
    recursive: true,
  });
}
