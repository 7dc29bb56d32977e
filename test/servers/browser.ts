import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

/** Where Debian's package `chromium` puts it; the variable CHROMIUM names another one. */
const PROGRAM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Why there is no browser on this machine; `undefined` when there is one. */
export function browserObstacle(): string | undefined {
  return existsSync(PROGRAM) ? undefined : `there is no ${PROGRAM} here: install chromium, or set CHROMIUM`;
}

/** Starts a browser without a window, that asks nobody for anything by itself. */
export function startBrowser(): Promise<Browser> {
  const quiet = ['disable-background-networking', 'disable-component-update', 'disable-sync', 'disable-quic'];
  return chromium.launch({
    executablePath: PROGRAM,
    // A container's root has no sandbox.
    args: ['no-sandbox', 'disable-gpu', 'no-first-run', ...quiet].map((name) => `--${name}`),
  });
}
