// Where the repository is, for links to files that are no pages of the site.
import { readFileSync } from 'node:fs';

const { repository } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** `https://github.com/OWNER/NAME` */
export const address = repository.url.replace(/^git\+/, '').replace(/\.git$/, '');

/** In a workflow, the commit that the site is made of. */
export const revision = process.env.GITHUB_SHA ?? 'main';

/** Where GitHub Pages serves the site: in a folder with the name of the repository. */
export const base = `/${address.split('/').at(-1)}/`;
