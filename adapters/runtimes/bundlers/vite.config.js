/** `vite build` makes a library of the app; `vite build --ssr main.js` bundles it for a server. */
export default {
  logLevel: 'warn',
  build: {
    lib: { entry: 'main.js', formats: ['es'], fileName: 'main' },
    emptyOutDir: true,
    // By itself, Vite keeps the white space of ES libraries.
    rolldownOptions: { output: { minify: true } },
  },
  ssr: { noExternal: true },
}
