// Where links to files that are no pages of the site lead, and where the site is.
import { address } from '../packages/repository-address.mjs';

export { address };

/** In a workflow, the commit that the site is made of. */
export const revision = process.env.GITHUB_SHA ?? 'main';

/** Where GitHub Pages serves the site: in a folder with the name of the repository. */
export const base = `/${address.split('/').at(-1)}/`;
