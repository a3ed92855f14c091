import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** What every page with a list is made of. */
const lists = /src\/ui\/(Bars|Chip|Filter|IdChip|LivePill|Page|Search|Table|Unread|useHeld)|(react-virtual|virtual-core)\/|nfiniteQuery/

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
            // What every page begins with, and what lists are made of, in one piece each: it packs better, in two requests instead of forty.
            { name: 'first', tags: ['$initial' as const] },
            { name: 'lists', test: lists },
          ],
        },
      },
    },
  },
  server: { port: 4173, strictPort: true },
}))
