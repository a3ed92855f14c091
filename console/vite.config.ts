import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig(async ({ command }) => ({
  plugins: [react(), tailwind(), ...(command === 'serve' ? [(await import('./dev/mock.ts')).mock()] : [])],
  build: {
    // The content security policy has no data: for fonts, so nothing is inlined.
    assetsInlineLimit: 0,
    sourcemap: false,
    target: ['chrome123', 'edge123', 'firefox121', 'safari17.5'],
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          // zod must be told not to compile code from strings before any schema is made: its chunk ends with being told.
          groups: [
            { name: 'zod', test: /node_modules\/zod\/|api\/jitless/ },
            // What every page begins with, and what lists are made of, in one piece each: packed better, and fetched in two requests instead of forty.
            { name: 'first', tags: ['$initial' as const] },
            {
              name: 'table',
              test: /src\/ui\/(Table|LivePill|FilterSheet|Filters|Page|Search|Chip)|node_modules\/@tanstack\/[a-z]+-virtual/,
            },
          ],
        },
      },
    },
  },
  server: { port: 4173, strictPort: true },
}))
