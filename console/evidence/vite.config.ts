import { defineConfig } from 'vite'

/** One file without imports, which runs in Node and in a page that has it inside. */
export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  build: {
    target: ['chrome123', 'edge123', 'firefox121', 'safari17.5'],
    minify: false,
    modulePreload: { polyfill: false },
    lib: { entry: 'verifier.ts', formats: ['es'], fileName: () => 'verify.mjs' },
    rolldownOptions: { external: [/^node:/] },
  },
})
