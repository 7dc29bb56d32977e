import { DATADOG_SITES } from '@tallykit/exporter-datadog-http';
import type { ReadBackend, ReadSettings } from '@tallykit/node';
import { note, problem, type Finding } from './findings.ts';
import type { ProjectPackage } from './project.ts';
import { send } from './send.ts';

/** Sends to each of Datadog's sites with the key that one of them refused, to find the one that it belongs to. */
export async function askSites(
  project: ProjectPackage,
  settings: ReadSettings,
  refused: ReadBackend,
  timeoutMillis: number,
): Promise<Finding[]> {
  const isOnly = settings.backends.length === 1;
  for (const site of DATADOG_SITES) {
    if (refused.destination === `https://api.${site}`) continue;
    const options = isOnly ? { site } : { [refused.key]: { site } };
    const results = await send(project, settings, timeoutMillis, { options });
    const result = results.find(({ key }) => key === refused.key);
    if (result?.state !== 'delivered') continue;
    return [problem(`the key belongs to the site ${site}`, `Set DD_SITE=${site}, or the option \`site\`.`)];
  }
  return [note('no site of Datadog takes the key')];
}
