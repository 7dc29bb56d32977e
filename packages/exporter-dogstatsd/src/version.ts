/** The version in package.json, written by `packages/write-manifests.mjs`. */
export const VERSION = '0.2.0';
