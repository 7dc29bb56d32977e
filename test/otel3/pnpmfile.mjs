// OpenTelemetry 3 asks for a newer Node than the one that installs. It runs on this lane's own, so a warning for each of
// its packages at every install would be noise.
export const hooks = {
  readPackage(manifest) {
    if (manifest.name?.startsWith('@opentelemetry/')) delete manifest.engines;
    return manifest;
  },
};
