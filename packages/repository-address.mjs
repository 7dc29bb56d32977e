// Where the repository is, from `repository` in the workspace's package.json.
import { readFileSync } from 'node:fs';

const { repository } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** `https://github.com/OWNER/NAME` */
export const address = repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
