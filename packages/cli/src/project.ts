import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as TallykitNode from '@tallykit/node';

/** The `@tallykit/node` that a project uses. */
export interface ProjectPackage {
  readonly node: Pick<typeof TallykitNode, 'readSettings' | 'startMetrics'>;
  readonly version: string;
  /** Whether the project has none, so that it is the one that came with this command. */
  readonly isOwn: boolean;
}

const NAME = '@tallykit/node';

/** Loads the `@tallykit/node` of the project in a folder, so that optional packages are looked for where the project has them. */
export function loadProjectPackage(folder: string): ProjectPackage {
  const ofProject = createRequire(join(folder, 'package.json'));
  const isOwn = !canResolve(ofProject);
  const require = isOwn ? createRequire(import.meta.url) : ofProject;
  const { version } = require(`${NAME}/package.json`) as { version: string };
  return { node: require(NAME) as ProjectPackage['node'], version, isOwn };
}

function canResolve(require: NodeJS.Require): boolean {
  try {
    require.resolve(NAME);
    return true;
  } catch {
    return false;
  }
}
