// Compares what every published package exports with its committed report: packages/NAME/NAME.api.md, and one more for
// each further entry point. Exit status 1 on a difference; `--update` writes the reports instead. Reads the built
// declarations, so a build comes first.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';

const update = process.argv.includes('--update');
const packages = fileURLToPath(new URL('../../packages', import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), 'api-reports-'));

/** The entry points of a package: the name of their report, and their declarations. */
function entriesOf(folder) {
  const { exports } = JSON.parse(readFileSync(join(packages, folder, 'package.json'), 'utf8'));
  return Object.entries(exports).flatMap(([subpath, target]) => {
    const types = target.import?.types;
    return types ? [{ report: subpath.replace('.', folder).replace('/', '-'), types }] : [];
  });
}

/** What further entry points need not export once more: the names in the list of exports that an index is. */
function namesInIndex(folder) {
  const text = readFileSync(join(packages, folder, 'dist/esm/index.d.ts'), 'utf8');
  return new Set(text.match(/\w+/g));
}

/** Compares or writes one report; returns whether all is well. */
function report(folder, { report: name, types }) {
  const projectFolder = join(packages, folder);
  const known = namesInIndex(folder);
  const messageCallback = (message) => {
    const symbol = /^The symbol "(\w+)"/.exec(message.text)?.[1];
    const isKnown = message.messageId === 'ae-forgotten-export' && known.has(symbol);
    if (isKnown || message.messageId === 'console-preamble') message.logLevel = 'none';
  };
  const config = ExtractorConfig.prepare({
    packageJsonFullPath: join(projectFolder, 'package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder,
      mainEntryPointFilePath: join(projectFolder, types),
      compiler: {
        overrideTsconfig: {
          compilerOptions: { module: 'nodenext', target: 'es2022', types: ['node'], skipLibCheck: true },
          include: [join(projectFolder, 'dist/esm')],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: name,
        reportFolder: projectFolder,
        reportTempFolder: temporary,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: {
        compilerMessageReporting: { default: { logLevel: 'error' } },
        extractorMessageReporting: {
          default: { logLevel: 'error' },
          // Everything that is exported is public.
          'ae-missing-release-tag': { logLevel: 'none' },
        },
        // Comments are written for editors, which know more than TSDoc (`@default`, examples without a fence).
        tsdocMessageReporting: { default: { logLevel: 'none' } },
      },
    },
  });
  const { succeeded } = Extractor.invoke(config, {
    localBuild: update,
    printApiReportDiff: true,
    messageCallback,
  });
  console.log(`${succeeded ? 'ok    ' : 'FAILED'}  ${name}.api.md`);
  return succeeded;
}

let failures = 0;
for (const folder of readdirSync(packages, { withFileTypes: true }).filter((each) => each.isDirectory())) {
  const entries = entriesOf(folder.name);
  failures += entries.filter((entry) => !report(folder.name, entry)).length;
  const wanted = entries.map(({ report: name }) => `${name}.api.md`);
  for (const file of readdirSync(join(packages, folder.name))) {
    if (!file.endsWith('.api.md') || wanted.includes(file)) continue;
    failures += 1;
    console.log(`FAILED  ${folder.name}/${file} belongs to no entry point: remove it`);
  }
}
rmSync(temporary, { recursive: true });
if (failures > 0) {
  console.log('\nIf the change is meant, run `pnpm api --update` and commit the reports.');
  process.exitCode = 1;
}
