import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The root of the repository. */
export const REPOSITORY = join(import.meta.dirname, '..');

/** The folders of all packages, in `packages`. */
export function packageFolders(): string[] {
  return readdirSync(join(REPOSITORY, 'packages'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}
