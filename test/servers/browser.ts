import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { findProgram, programObstacle } from './server-program.ts';

const program = findProgram('chromium');

/** Why there is no browser here; `undefined` when there is one. */
export function browserObstacle(): string | undefined {
  return programObstacle('chromium');
}

/** Starts a browser without a window, that asks nobody for anything by itself. */
export function startBrowser(): Promise<Browser> {
  const quiet = ['disable-background-networking', 'disable-component-update', 'disable-sync', 'disable-quic'];
  return chromium.launch({
    executablePath: program!.file,
    env: { ...program!.environment, ...fetchedFonts(program!.root) },
    // A container's root has no sandbox.
    args: ['no-sandbox', 'disable-gpu', 'no-first-run', ...quiet].map((name) => `--${name}`),
  });
}

/** Fonts that were fetched with the browser lie where the system's settings don't name them, and without any it ends. */
function fetchedFonts(root: string): { readonly FONTCONFIG_FILE?: string } {
  const folder = join(root, 'usr/share/fonts');
  if (!existsSync(join(root, 'library-folders')) || !existsSync(folder)) return {};
  const file = join(root, 'fonts.conf');
  writeFileSync(file, `<?xml version="1.0"?><fontconfig><dir>${folder}</dir></fontconfig>\n`);
  return { FONTCONFIG_FILE: file };
}
