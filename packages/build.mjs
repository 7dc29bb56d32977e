// Builds every package: `dist/esm`, and `dist/cjs` where it can be required. Written for Node, because it has to run on
// Windows too.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const compiler = join(dirname(fileURLToPath(import.meta.resolve('typescript/package.json'))), 'bin/tsc');
const folders = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => join(here, name));
const projects = folders
  .flatMap((folder) => ['esm', 'cjs'].map((format) => join(folder, `tsconfig.${format}.json`)))
  .filter((file) => existsSync(file));

for (const folder of folders) rmSync(join(folder, 'dist'), { recursive: true, force: true });
try {
  execFileSync(process.execPath, [compiler, '--build', ...projects], { stdio: 'inherit' });
} catch (error) {
  // The compiler has said what is wrong.
  process.exit(error.status ?? 1);
}
for (const folder of folders.filter((each) => existsSync(join(each, 'dist/cjs')))) {
  writeFileSync(join(folder, 'dist/cjs/package.json'), '{ "type": "commonjs" }\n');
}
