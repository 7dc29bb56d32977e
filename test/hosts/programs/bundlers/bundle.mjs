// Bundles a program completely, with one bundler. Parameters: the bundler, the entry, the file to write.
import { basename, dirname } from 'node:path';

const [, , bundler, entry, outfile] = process.argv;
const isModule = outfile.endsWith('.mjs');
const [folder, file] = [dirname(outfile), basename(outfile)];

const BUNDLERS = {
  async esbuild() {
    const { build } = await import('esbuild');
    await build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      platform: 'node',
      format: isModule ? 'esm' : 'cjs',
      logLevel: 'warning',
      // What an ES module bundle of CommonJS packages (OpenTelemetry 2) needs.
      ...(isModule && {
        banner: {
          js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
        },
      }),
    });
  },
  async rollup() {
    const { rollup } = await import('rollup');
    const [{ default: commonjs }, { default: json }, { default: nodeResolve }] = await Promise.all([
      import('@rollup/plugin-commonjs'),
      import('@rollup/plugin-json'),
      import('@rollup/plugin-node-resolve'),
    ]);
    const bundle = await rollup({
      input: entry,
      plugins: [nodeResolve({ exportConditions: ['node'], preferBuiltins: true }), commonjs(), json()],
    });
    await bundle.write({ file: outfile, format: isModule ? 'esm' : 'cjs', inlineDynamicImports: true });
  },
  async vite() {
    const { build } = await import('vite');
    await build({
      root: dirname(entry),
      configFile: false,
      logLevel: 'warn',
      ssr: { noExternal: true },
      build: {
        ssr: entry,
        outDir: folder,
        emptyOutDir: false,
        rollupOptions: { output: { entryFileNames: file } },
      },
    });
  },
  async webpack() {
    const { default: webpack } = await import('webpack');
    const compiler = webpack({
      mode: 'production',
      target: 'node20',
      entry,
      output: { path: folder, filename: file },
      performance: false,
      // It takes most of the time, and changes nothing that is tested.
      optimization: { minimize: false },
    });
    const stats = await new Promise((resolve, reject) => {
      compiler.run((error, result) => (error ? reject(error) : resolve(result)));
    });
    if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }));
  },
};

await BUNDLERS[bundler]();
